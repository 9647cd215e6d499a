import { writeSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts'

// Commits plain and durable events in turn, and prints the name of each that was acknowledged, until it is killed.
const [dataDir = '', round = ''] = process.argv.slice(2)
const store = await openLmdbStore({
  dataDir,
  clock: systemClock,
  newEpoch: () => 'e1',
  bootId: 'boot-1',
  runId: 'run',
  logSync: false,
  logBytesMax: 64 << 20,
  onLogLost: () => {},
})

async function write(name: string, durable: boolean): Promise<void> {
  const log = [{ channel: 'n/private' as Channel, body: Buffer.from(name) }]
  const puts = durable ? [{ key: name, value: Buffer.from('1') }] : []
  await store.commit({ log, puts, durable })
  writeSync(1, `${name}\n`)
}

for (let i = 0; ; i++) {
  await Promise.all([
    write(`durable-${round}-${i}`, true),
    write(`plain-${round}-${i}-a`, false),
    write(`plain-${round}-${i}-b`, false),
  ])
}
