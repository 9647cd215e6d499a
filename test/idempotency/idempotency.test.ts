import t from 'tap'
import type { Idempotency, KeyedRequest } from '../../src/idempotency/idempotency.ts'
import { recordKey } from '../../src/idempotency/key.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { commitOnce, setUp } from './fixtures.ts'

const KEY = recordKey('room', 'arena', 'key-1')

interface Answer {
  readonly n: number
}

/** Asks for what `run` does, unless the request is told otherwise. */
function ask(idempotency: Idempotency, request: Partial<KeyedRequest<Answer, Answer>>): Promise<Answer> {
  const run = () => Promise.reject(new Error('it was done again'))
  return idempotency.once<Answer, Answer>({
    key: KEY,
    fingerprint: 'a',
    run,
    repeat: ({ answer }) => answer,
    ...request,
  })
}

t.test('the same key with the same request is answered as before, and nothing is done again', async (t) => {
  const { store, events, node, clock, recordAt } = await setUp()
  const { idempotency } = node()
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    return { n: await commitOnce(store, keep({ n: 1 }), 'event-1') }
  }
  t.strictSame(await ask(idempotency, { run }), { n: 1 })
  t.equal(await recordAt(KEY), `{"fingerprint":"a","at":${clock.wallMs()},"answer":{"n":1}}`)
  clock.pass(1_000)
  t.strictSame(await ask(idempotency, {}), { n: 1 })
  t.strictSame(await ask(node().idempotency, {}), { n: 1 }, 'on another node, too')
  t.strictSame(events, ['event-1'])
})

t.test('the same key with another request is a conflict, and another key is another request', async (t) => {
  const { store, events, node } = await setUp()
  const { idempotency } = node()
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    return { n: await commitOnce(store, keep({ n: events.length + 1 }), `event-${events.length + 1}`) }
  }
  await ask(idempotency, { run })
  await t.rejects(ask(idempotency, { fingerprint: 'b', run }), { code: 'IDEMPOTENCY_CONFLICT' })
  t.strictSame(await ask(idempotency, { key: recordKey('room', 'arena', 'key-2'), run }), { n: 2 })
  t.strictSame(await ask(idempotency, { key: recordKey('room', 'lobby', 'key-1'), run }), { n: 3 })
  t.strictSame(await ask(idempotency, { key: recordKey('message', 'arena', 'key-1'), run }), { n: 4 })
  t.equal(events.length, 4)
})

t.test('of two that come at once the second waits for the first, and gets its answer', async (t) => {
  const { store, events, node } = await setUp()
  const { idempotency } = node()
  const gate = Promise.withResolvers<void>()
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    await gate.promise
    return { n: await commitOnce(store, keep({ n: 1 }), 'event-1') }
  }
  const both = [ask(idempotency, { run }), ask(idempotency, {})]
  const other = ask(idempotency, { fingerprint: 'b' })
  gate.resolve()
  t.strictSame(await Promise.all(both), [{ n: 1 }, { n: 1 }])
  await t.rejects(other, { code: 'IDEMPOTENCY_CONFLICT' })
  t.strictSame(events, ['event-1'])
})

t.test('of nodes that race one does it, and the others give its answer', async (t) => {
  const { store, events, node } = await setUp()
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    return { n: await commitOnce(store, keep({ n: 1 }), 'event-1') }
  }
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(node().idempotency, { run })))
  for (const answer of answers) t.strictSame(answer, { n: 1 })
  t.strictSame(events, ['event-1'])
  const another = () => Promise.reject(new Refusal('CONFLICT', 'there is a room'))
  const key = recordKey('room', 'arena', 'key-2')
  await t.rejects(
    ask(node().idempotency, { key, run: another }),
    { message: 'there is a room' },
    'a conflict of its own',
  )
})

t.test('what is refused is not kept, so the key is good for another request', async (t) => {
  const { store, node, recordAt } = await setUp()
  const { idempotency } = node()
  const refused = ask(idempotency, { run: () => Promise.reject(new Refusal('ROOM_FULL', 'no')) })
  await t.rejects(refused, { code: 'ROOM_FULL' })
  t.equal(await recordAt(KEY), undefined)
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    return { n: await commitOnce(store, keep({ n: 1 }), 'event-1') }
  }
  t.strictSame(await ask(idempotency, { fingerprint: 'b', run }), { n: 1 })
})

t.test('an outcome that nobody knows is said, and the same request again is answered if it was done', async (t) => {
  const { store, events, node } = await setUp()
  const { idempotency } = node()
  const run: KeyedRequest<Answer, Answer>['run'] = async (keep) => {
    await commitOnce(store, keep({ n: 1 }), 'event-1')
    throw new Refusal('OUTCOME_UNKNOWN', 'the answer was lost')
  }
  await t.rejects(ask(idempotency, { run }), { code: 'OUTCOME_UNKNOWN' })
  t.strictSame(await ask(idempotency, {}), { n: 1 })
  t.strictSame(events, ['event-1'])
})
