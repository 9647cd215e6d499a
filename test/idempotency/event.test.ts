import t from 'tap'
import { recordKey } from '../../src/idempotency/key.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { setUp } from './fixtures.ts'

const KEY = recordKey('broadcast', 'private', 'key-1')

t.test('the same key is one event, and its offset is kept with the record', async (t) => {
  const { events, node, recordAt, clock } = await setUp()
  const { append } = node()
  t.strictSame(await append({ eventId: 'event-1' }), { offset: 1 })
  const kept = `{"fingerprint":"hello","at":${clock.wallMs()},"answer":{"id":"event-1","offset":1,"rest":{}}}`
  t.equal(await recordAt(KEY), kept)
  clock.pass(1_000)
  const findOffset = () => Promise.reject(new Error('the history was searched'))
  t.strictSame(await append({ eventId: 'event-2', findOffset }), { offset: 1 })
  await t.rejects(append({ eventId: 'event-3', fingerprint: 'bye' }), { code: 'IDEMPOTENCY_CONFLICT' })
  t.strictSame(events, ['event-1'])
  t.equal(await recordAt(KEY), kept)
})

t.test('what else the first answer said is said again, and not asked for', async (t) => {
  const { node } = await setUp()
  const { append } = node()
  t.strictSame(await append({ eventId: 'event-1', rest: () => Promise.resolve({ delivered: 3 }) }), {
    offset: 1,
    delivered: 3,
  })
  const rest = () => Promise.reject(new Refusal('USER_OFFLINE', 'no longer'))
  t.strictSame(await append({ eventId: 'event-2', rest }), { offset: 1, delivered: 3 })
  const key = recordKey('broadcast', 'private', 'key-2')
  await t.rejects(append({ key, eventId: 'event-3', rest }), { code: 'USER_OFFLINE' })
})

t.test('of twenty that come at once, on two nodes, all get the offset of one event', async (t) => {
  const { events, node } = await setUp()
  const nodes = [node(), node()]
  const asked = nodes.flatMap(({ append }, i) => {
    return Array.from({ length: 10 }, (_, n) => append({ eventId: `event-${i}-${n}` }))
  })
  for (const answer of await Promise.all(asked)) t.strictSame(answer, { offset: 1 })
  t.equal(events.length, 1)
})

t.test('the event of a process that died before it noted the offset is found by its id, and noted then', async (t) => {
  const { events, node, recordAt, clock } = await setUp()
  const dying = node()
  dying.isNoting = false
  await dying.append({ eventId: 'event-0', key: recordKey('broadcast', 'private', 'key-0') })
  t.strictSame(await dying.append({ eventId: 'event-1' }), { offset: 2 }, 'not noting it is no failure')
  const at = clock.wallMs()
  t.equal(await recordAt(KEY), `{"fingerprint":"hello","at":${at},"answer":{"id":"event-1","offset":null,"rest":{}}}`)
  clock.pass(1_000)
  t.strictSame(await node().append({ eventId: 'event-2' }), { offset: 2 })
  t.strictSame(events, ['event-0', 'event-1'])
  const noted = `{"fingerprint":"hello","at":${at},"answer":{"id":"event-1","offset":2,"rest":{}}}`
  t.equal(await recordAt(KEY), noted, 'and it is as old as before')
  const findOffset = () => Promise.reject(new Error('the history was searched'))
  t.strictSame(await node().append({ eventId: 'event-3', findOffset }), { offset: 2 })
})

t.test('an event that the history no longer has is not made again: its offset is 0', async (t) => {
  const { events, node, recordAt } = await setUp()
  const dying = node()
  dying.isNoting = false
  await dying.append({ eventId: 'event-1' })
  const before = await recordAt(KEY)
  const findOffset = () => Promise.resolve(0)
  t.strictSame(await node().append({ eventId: 'event-2', findOffset }), { offset: 0 })
  t.strictSame(events, ['event-1'])
  t.equal(await recordAt(KEY), before)
})

t.test('a record that the version before wrote is read', async (t) => {
  const { store, events, node } = await setUp()
  const answer = { id: 'event-1', offset: 7, rest: { delivered: 2 } }
  const value = encodeRecord({ fingerprint: 'hello', at: 1_780_000_000_000, answer })
  await store.commit({ puts: [{ key: 'once/broadcast/private/key-1', value }], durable: true })
  t.strictSame(await node().append({ eventId: 'event-2' }), { offset: 7, delivered: 2 })
  t.strictSame(events, [])
})
