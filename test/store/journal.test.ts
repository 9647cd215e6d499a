import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { open } from 'lmdb'
import t, { type Test } from 'tap'
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
  const journal = await openLmdbJournal({ dataDir, runId: 'run-2', onLost: () => {} })
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

/** A journal of two rooms that was closed; `file` is its environment. */
async function makeJournal(t: Test): Promise<{ readonly dataDir: string; readonly file: string }> {
  const dataDir = t.testdir()
  const journal = await openLmdbJournal({ dataDir, runId: 'run-1', onLost: () => {} })
  for (const room of [A, B]) {
    for (let tick = 0; tick < 200; tick++) await journal.append([{ room, tick, bytes: Buffer.from(`${room} ${tick}`) }])
  }
  await journal.close()
  return { dataDir, file: join(dataDir, 'journal', 'data.mdb') }
}

/** The rooms that are there, and what was let go. */
async function reopen(dataDir: string) {
  const lost: { readonly room: RoomId | undefined; readonly reason: string }[] = []
  const onLost = (reason: string) => void lost.push({ room: undefined, reason })
  const journal = await openLmdbJournal({ dataDir, runId: 'run-2', onLost })
  lost.push(...journal.damaged)
  const rooms = await journal.rooms()
  await journal.append([{ room: A, tick: 1000, bytes: Buffer.from('goes on') }])
  await journal.close()
  return { rooms, lost }
}

t.test('a journal that is whole is there again, whatever became of the machine', async (t) => {
  const { dataDir } = await makeJournal(t)
  t.strictSame(await reopen(dataDir), { rooms: [A, B], lost: [] })
})

t.test('a journal that is shorter than it says is moved away unopened', async (t) => {
  const { dataDir, file } = await makeJournal(t)
  truncateSync(file, 20_000)
  const { rooms, lost } = await reopen(dataDir)
  t.strictSame(rooms, [])
  t.match(lost, [{ room: undefined, reason: /20000 bytes/ }])
  t.equal(statSync(join(dataDir, 'journal-damaged', 'data.mdb')).size, 20_000)
})

t.test('a room whose entry is not what was written is let go, and the others stay', async (t) => {
  const { dataDir, file } = await makeJournal(t)
  const bytes = readFileSync(file)
  for (let at = bytes.indexOf(`${B} 150`); at !== -1; at = bytes.indexOf(`${B} 150`, at + 1)) bytes.write('z', at)
  writeFileSync(file, bytes)
  t.strictSame(await reopen(dataDir), {
    rooms: [A],
    lost: [{ room: B, reason: 'what is kept of tick 150 is damaged' }],
  })
})

t.test('a room whose entries do not follow each other is let go', async (t) => {
  const { dataDir } = await makeJournal(t)
  const root = open({ path: join(dataDir, 'journal'), noSubdir: false })
  await root.openDB({ name: 'records', encoding: 'binary', keyEncoding: 'ordered-binary' }).remove([A, 120])
  await root.close()
  const { rooms, lost } = await reopen(dataDir)
  t.strictSame(rooms, [B])
  t.strictSame(lost, [{ room: A, reason: 'what came between the ticks 119 and 121 is missing' }])
})

t.test('an instance that another one has taken over from writes nothing', async (t) => {
  const dataDir = t.testdir()
  const first = await openLmdbJournal({ dataDir, runId: 'run-1', onLost: () => {} })
  const second = await openLmdbJournal({ dataDir, runId: 'run-2', onLost: () => {} })
  t.teardown(() => second.close())
  t.throws(() => first.append([{ room: A, tick: 1, bytes: Buffer.from('x') }]), StoreLost)
  t.strictSame(await second.rooms(), [])
})
