import t from 'tap'
import { Bans, banKey } from '../../src/connections/bans.ts'
import { sweepBans } from '../../src/node/methods/kicks.ts'
import type { Ban } from '../../src/protocol/shapes/operations.ts'
import { encodeRecord } from '../../src/store/json-records.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import type { LogRecord, Store } from '../../src/store/store.ts'
import { over } from '../helpers/house/store.ts'

const NOW_MS = 1_000_000
const EVE: Ban = { of: 'user', id: 'eve', since: 0, until: NOW_MS - 1 }
const ANEW: Ban = { ...EVE, until: NOW_MS + 60_000 }

/** A node that knows of these bans, and its store. @param betweenReadAndCommit of the sweep */
async function setUp(known: readonly Ban[], betweenReadAndCommit: (store: Store) => Promise<unknown> = async () => {}) {
  const clock = { wallMs: () => NOW_MS, nowMs: () => NOW_MS }
  const truth = createMemoryStore({ clock, epoch: 'e1' })
  const logged: LogRecord[] = []
  const store: Store = {
    ...over(truth),
    get: async (keys) => {
      const found = await truth.get(keys)
      await betweenReadAndCommit(truth)
      return found
    },
    commit: async (transaction) => {
      const result = await truth.commit(transaction)
      if (result.committed) logged.push(...(transaction.log ?? []))
      return result
    },
  }
  const bans = new Bans(clock)
  for (const ban of known) bans.set(ban)
  const kept = async () => (await truth.list('bans/', { limit: 1_000 })).map(({ key }) => key)
  return { truth, kept, logged, sweep: () => sweepBans({ bans, store, steadyClock: clock }) }
}

function put(store: Store, ...bans: readonly Ban[]) {
  const puts = bans.map((ban) => ({ key: banKey(ban), value: encodeRecord(ban) }))
  return store.commit({ puts, durable: true })
}

t.test('bans that have ended are forgotten, however many there are', async (t) => {
  const ended = Array.from({ length: 250 }, (_, i) => ({ ...EVE, id: `eve-${i}` }))
  const { truth, kept, logged, sweep } = await setUp(ended)
  await put(truth, ...ended)
  await sweep()
  t.strictSame(await kept(), [])
  t.equal(logged.length, 250)
})

t.test('a ban that was made anew stays, though this node has not heard of it yet', async (t) => {
  const { truth, kept, logged, sweep } = await setUp([EVE])
  await put(truth, ANEW)
  await sweep()
  t.strictSame(await kept(), [banKey(EVE)])
  t.strictSame(logged, [], 'and no node is told that it is lifted')
})

t.test('so does one that is made anew while it is looked at', async (t) => {
  for (const before of [[], [EVE]]) {
    const { truth, kept, logged, sweep } = await setUp([EVE], (store) => put(store, ANEW))
    await put(truth, ...before)
    await sweep()
    t.strictSame(await kept(), [banKey(EVE)])
    t.strictSame(logged, [])
  }
})
