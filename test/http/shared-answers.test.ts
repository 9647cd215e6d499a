import t from 'tap'
import { jsonAnswer, type HttpAnswer } from '../../src/http/http.ts'
import { SharedAnswers } from '../../src/http/shared-answers.ts'

/** Answers that are made when the test says so. */
function open() {
  const shared = new SharedAnswers()
  const begun: PromiseWithResolvers<HttpAnswer>[] = []
  const ask = (what = 'page') =>
    shared.get(what, () => {
      const making = Promise.withResolvers<HttpAnswer>()
      begun.push(making)
      return making.promise
    })
  const turns = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { ask, begun, turns }
}

t.test('however many ask while one is made, one more is made, and all of them get its bytes', async (t) => {
  const { ask, begun, turns } = open()
  const first = ask()
  const others = Array.from({ length: 100 }, () => ask())
  t.equal(begun.length, 1)
  begun[0]?.resolve(jsonAnswer({ n: 1 }))
  t.equal(String((await first).body), '{"n":1}')
  await turns()
  t.equal(begun.length, 2)
  begun[1]?.resolve(jsonAnswer({ n: 2 }))
  const answers = await Promise.all(others)
  t.equal(String(answers[0]?.body), '{"n":2}', 'which was begun after they had asked')
  t.equal(new Set(answers.map(({ body }) => body)).size, 1, 'one body for all')

  void ask()
  await turns()
  t.equal(begun.length, 3, 'who asks when all is done is not given what was made before')
})

t.test('what is asked for by another name waits for nobody', async (t) => {
  const { ask, begun } = open()
  void ask('a')
  void ask('b')
  t.equal(begun.length, 2)
})

t.test('one that fails fails for those who waited for it, and the next is made', async (t) => {
  const { ask, begun, turns } = open()
  const first = ask()
  const second = ask()
  begun[0]?.reject(new Error('not now'))
  await t.rejects(first, { message: 'not now' })
  await turns()
  begun[1]?.resolve(jsonAnswer({ n: 2 }))
  t.equal((await second).status, 200)
})
