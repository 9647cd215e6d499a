import type { Clock } from '../../src/base/clock.ts'
import { appendEventOnce, type KeyedEvent } from '../../src/idempotency/event.ts'
import { Idempotency } from '../../src/idempotency/idempotency.ts'
import { recordKey } from '../../src/idempotency/key.ts'
import type { RecordPut } from '../../src/idempotency/record.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import { createManualClock } from '../helpers/manual-clock.ts'
import { NO_LOG } from '../helpers/no-log.ts'

export const CHANNEL = 'n/private' as Channel

/** A store that nodes share, with the ids of the events in its log: an event's place in the list is its offset less 1. */
export async function setUp() {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, epoch: 'e1' })
  const events: string[] = []
  await store.follow({
    onStart: () => {},
    onProgress: () => {},
    onBatch: ({ records }) => void events.push(...records.map(({ body }) => Buffer.from(body).toString())),
  })
  const recordAt = async (key: string): Promise<string | undefined> => {
    const [stored] = await store.get([key])
    return stored && Buffer.from(stored.value).toString()
  }
  return { clock, store, events, recordAt, node: () => createNode({ clock, store, events }) }
}

/** Puts a record beside the event that it is of, on condition that nothing stands under its key. */
export async function commitOnce(store: Store, record: RecordPut, eventId: string): Promise<number> {
  const guards = [{ key: record.key, revision: 0 }]
  const log = [{ channel: CHANNEL, body: Buffer.from(eventId) }]
  const result = await store.commit({ guards, puts: [record], log, durable: true })
  if (!result.committed) throw new Refusal('CONFLICT', 'this was done before')
  return result.offset
}

interface Parts {
  readonly clock: Clock
  readonly store: Store
  readonly events: readonly string[]
}

/** A node over the shared store; while `isNoting` is false it dies, for all that can be seen, before it notes an offset. */
function createNode({ clock, store, events }: Parts) {
  const idempotency = new Idempotency({ store, clock })
  const node = {
    idempotency,
    isNoting: true,
    append: (event: Partial<KeyedEvent<object>> & { readonly eventId: string }) => {
      return appendEventOnce(parts, {
        key: recordKey('broadcast', 'private', 'key-1'),
        fingerprint: 'hello',
        rest: () => Promise.resolve({}),
        append: (record) => commitOnce(store, record, event.eventId),
        findOffset: (id) => Promise.resolve(events.indexOf(id) + 1),
        ...event,
      })
    },
  }
  const noting: Pick<Store, 'commit'> = {
    commit: (note) => (node.isNoting ? store.commit(note) : Promise.reject(new StoreUnavailable('gone'))),
  }
  const parts = { idempotency, store: noting, log: NO_LOG, clock }
  return node
}
