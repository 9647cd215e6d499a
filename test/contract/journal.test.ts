import t from 'tap'
import { createMemoryJournal } from '../../src/store/memory/memory-journal.ts'
import { openLmdbJournal } from '../../src/store/lmdb/lmdb-journal.ts'
import { journalContract } from './journal-contract.ts'

t.test('journals in memory keep the contract', async (t) => {
  journalContract(t, async () => createMemoryJournal())
})

t.test('journals in LMDB keep the contract', async (t) => {
  journalContract(t, async (t) => {
    const journal = await openLmdbJournal({ dataDir: t.testdir(), runId: 'run', onLost: () => {} })
    t.teardown(() => journal.close())
    return journal
  })
})
