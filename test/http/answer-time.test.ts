/** A primary that is stopped answers nothing: a request comes to an end all the same. */
import { mock } from 'node:test'
import t from 'tap'
import { jsonAnswer, type HttpAnswer } from '../../src/http/http.ts'
import type { Route, RouteRequest } from '../../src/http/router.ts'
import { openRouter } from './open-router.ts'

function open(
  method: Route['method'],
  run: (request: RouteRequest) => Promise<HttpAnswer>,
  { hasBody = method === 'POST', ...more }: { readonly hasBody?: boolean } & Pick<Route, 'answerMsMax'> = {},
) {
  const operation = { id: 'x', summary: 'x', answers: {}, ...(hasBody && { body: 'InputBody' as const }) }
  const route = openRouter([{ ...more, method, path: '/x', access: 'open', operation, run }])
  const plan = route({ method, path: '/x', query: '', headers: [['host', 'x']], remoteAddress: '127.0.0.1' })
  if (plan.kind === 'refuse') throw new Error(String(plan.answer.body))
  return plan
}

const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
const codeOf = (answer: HttpAnswer) => (JSON.parse(String(answer.body)) as { error: { code: string } }).error.code

t.test('a read is UNAVAILABLE then, and a change OUTCOME_UNKNOWN', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  for (const [method, code] of [
    ['GET', 'UNAVAILABLE'],
    ['DELETE', 'OUTCOME_UNKNOWN'],
    ['POST', 'OUTCOME_UNKNOWN'],
  ] as const) {
    const plan = open(method, async ({ json }) => {
      if (method === 'POST') await json()
      return new Promise<HttpAnswer>(() => {})
    })
    const body = Promise.withResolvers<Uint8Array>()
    const answer = Promise.resolve(plan.run(() => body.promise))
    if (method === 'POST') {
      mock.timers.tick(60_000)
      await turns()
      body.resolve(Buffer.from('{}'))
    }
    await turns()
    mock.timers.tick(15_000)
    t.equal(codeOf(await answer), code, method)
  }
})

t.test('an answer in time is the answer, also before the body was asked for', async (t) => {
  const plan = open('POST', () => Promise.resolve(jsonAnswer({ done: true })))
  const answer = await plan.run(() => new Promise(() => {}))
  t.match(answer, { status: 200, body: '{"done":true}' })
})

t.test('a change without a body ends, too, and one that takes longer has the time that it says', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const never = () => new Promise<HttpAnswer>(() => {})
  const plan = open('POST', never, { hasBody: false })
  const answer = Promise.resolve(plan.run(never as never))
  await turns()
  mock.timers.tick(15_000)
  t.equal(codeOf(await answer), 'OUTCOME_UNKNOWN')
  const done = Promise.withResolvers<HttpAnswer>()
  const longer = open('POST', () => done.promise, { hasBody: false, answerMsMax: 60_000 })
  const late = Promise.resolve(longer.run(never as never))
  await turns()
  mock.timers.tick(59_000)
  done.resolve(jsonAnswer({ done: true }))
  t.match(await late, { status: 200 })
})
