import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { openLmdbJournal } from '../../src/store/lmdb/lmdb-journal.ts'
import { StoreLost } from '../../src/store/store.ts'

const A = 'arena:a' as RoomId
const B = 'arena:b' as RoomId

t.test('what was written is whole after a SIGKILL', async (t) => {
  const dataDir = t.testdir()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'journal-until-killed.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let written = -1
  for await (const line of createInterface({ input: child.stdout })) {
    written = Number(line)
    if (written === 120) child.kill('SIGKILL')
  }
  await ended
  const journal = await openLmdbJournal({ dataDir, bootId: 'boot-1', runId: 'run-2' })
  t.teardown(() => journal.close())
  const [a, b] = [await journal.read(A), await journal.read(B)]
  const checkpointed = a?.checkpoint?.tick ?? 0
  t.ok(checkpointed >= 99, 'the newest checkpoint that was written')
  t.equal(Buffer.from(a?.checkpoint?.bytes ?? []).toString(), `as of ${checkpointed}`)
  for (const [room, journaled, from] of [[A, a, checkpointed + 1] as const, [B, b, 1] as const]) {
    const { head, records = [] } = journaled ?? {}
    t.equal(Buffer.from(head ?? []).toString(), `${room} 0`)
    t.ok(from + records.length - 1 >= written, 'the last that was said to be written')
    records.forEach(({ tick, bytes }, i) => {
      if (tick !== from + i || Buffer.from(bytes).toString() !== `${room} ${tick}`)
        t.fail(`${room}: no tick ${from + i}`)
    })
  }
})

t.test('after another run of the machine journals are not trusted', async (t) => {
  const dataDir = t.testdir()
  const before = await openLmdbJournal({ dataDir, bootId: 'boot-1', runId: 'run-1' })
  await before.append([{ room: A, tick: 1, bytes: Buffer.from('x') }])
  await before.close()
  const same = await openLmdbJournal({ dataDir, bootId: 'boot-1', runId: 'run-2' })
  t.strictSame(await same.rooms(), [A])
  await same.close()
  const after = await openLmdbJournal({ dataDir, bootId: 'boot-2', runId: 'run-3' })
  t.teardown(() => after.close())
  t.strictSame(await after.rooms(), [])
})

t.test('an instance that another one has taken over from writes nothing', async (t) => {
  const dataDir = t.testdir()
  const first = await openLmdbJournal({ dataDir, bootId: 'boot-1', runId: 'run-1' })
  const second = await openLmdbJournal({ dataDir, bootId: 'boot-1', runId: 'run-2' })
  t.teardown(() => second.close())
  t.throws(() => first.append([{ room: A, tick: 1, bytes: Buffer.from('x') }]), StoreLost)
  t.strictSame(await second.rooms(), [])
})
