import t from 'tap'
import { readControl } from '../../src/hub/control.ts'
import { inLatestRoom, LATEST, NO_HEAD } from '../../src/protocol/event-head.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { decodeMsgpack, encodeMsgpack } from '../../src/protocol/msgpack.ts'
import { decodeLane, encodeLane } from '../../src/store/etcd/lane-codec.ts'
import { decodeBatch, encodeBatch, recordBytes } from '../../src/store/log-codec.ts'
import { CONTROL_CHANNEL, type LogRecord } from '../../src/store/store.ts'
import { recordOf } from '../helpers/placed.ts'

const ROOM = 'r/private/arena' as Channel
const control: LogRecord = { channel: CONTROL_CHANNEL, body: Buffer.from('{"kind":"good-changed","id":"sword"}') }
const plain = recordOf(ROOM, { payload: { message: 'ü' } })
const latest = recordOf(ROOM, { payload: { message: 1, delivery: 'latest', key: 'Grüße "1"' } })
const byRoom = { ...plain, head: inLatestRoom(plain.head ?? NO_HEAD) }
const once = { ...latest, head: { ...(latest.head ?? NO_HEAD), id: 'an-id' } }

const batchOf = (records: readonly LogRecord[]) => ({ committedAtMs: 7, outboxSequence: 3, records })
/** Without the key that nobody asks for. */
const kept = ({ head, body, ...record }: LogRecord) => ({
  ...record,
  body: Buffer.from(body),
  ...(head && { head: (head.flags & LATEST) === 0 ? { ...head, key: null } : head }),
})

/** As the version before this one wrote batches. */
const encodeOld = (records: readonly LogRecord[]) =>
  encodeMsgpack([7, 3, ...records.flatMap(({ channel, body }) => [channel, body])])
const OLD_KINDS: ReadonlySet<string> = new Set(['room-defined', 'room-deleted', 'good-changed', 'kicked'])
/** As it read them: what it makes of the records. */
function readOld(bytes: Uint8Array): readonly unknown[] {
  const [, , ...flat] = decodeMsgpack(bytes) as [number, number, ...unknown[]]
  const seen: unknown[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const body = flat[i + 1] as Uint8Array
    if (flat[i] !== CONTROL_CHANNEL) seen.push(Buffer.from(body))
    else seen.push(OLD_KINDS.has(readControl(body).kind) ? readControl(body) : undefined)
  }
  return seen
}

t.test('a batch comes out of its bytes with the heads of its events', async (t) => {
  for (const records of [[plain], [control], [], [plain, control, latest, byRoom, once], [once, control]]) {
    const decoded = decodeBatch(encodeBatch(batchOf(records)))
    t.strictSame(decoded.records.map(kept), records.map(kept))
    t.equal(decoded.committedAtMs, 7)
    t.equal(decoded.outboxSequence, 3)
    const lane = decodeLane(encodeLane({ id: 1, committedAtMs: 2, bytes: 3, records }))
    t.strictSame(lane.records.map(kept), records.map(kept))
  }
})

t.test('what a version without heads has written is given heads', async (t) => {
  const records = [plain, control, latest]
  const decoded = decodeBatch(encodeOld(records)).records
  const withId = ({ head, ...record }: LogRecord) =>
    kept({ ...record, ...(head && { head: { ...head, id: 'an-id' } }) })
  t.strictSame(decoded.map(kept), records.map(withId))
  const last = decodeBatch(encodeOld([plain, control])).records
  t.strictSame(last.map(kept), [plain, control].map(withId), 'a control record at the end is no heads')
  const [strange] = decodeBatch(encodeOld([{ channel: ROOM, body: Buffer.from('"x"') }])).records
  t.equal(strange?.head, undefined)
})

t.test('a version without heads reads the same events, and passes over the heads', async (t) => {
  t.strictSame(readOld(encodeBatch(batchOf([plain, control, once]))), [
    Buffer.from(plain.body),
    { kind: 'good-changed', id: 'sword' },
    Buffer.from(once.body),
    undefined,
  ])
})

t.test('a record counts with its head', async (t) => {
  for (const record of [plain, latest, byRoom, once, control]) {
    const alone = encodeBatch(batchOf([record])).length
    t.ok(recordBytes(record) + 64 > alone, `${recordBytes(record)} for ${alone}`)
  }
})
