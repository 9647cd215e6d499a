import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts'
import { storeContract } from './store-contract.ts'

t.test('the memory store keeps the contract', async (t) => {
  storeContract(t, async () => createMemoryStore({ clock: systemClock, epoch: 'e1' }))
})

t.test('the LMDB store keeps the contract', async (t) => {
  storeContract(t, async (t) => {
    const store = await openLmdbStore({
      dataDir: t.testdir(),
      clock: systemClock,
      newEpoch: () => 'e1',
      bootId: 'boot',
      runId: 'run',
      logSync: false,
      logBytesMax: 1 << 20,
      onLogLost: () => {},
    })
    t.teardown(() => store.close())
    return store
  })
})
