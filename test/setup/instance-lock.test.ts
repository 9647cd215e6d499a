import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpathSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isFolderInUse, lockInstance } from '../../src/setup/instance-lock.ts'

/** A process that holds the folder. Returns what kills it. */
async function holdElsewhere(t: Test, folder: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lock-folder.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}

t.test('a folder is held by one process, and is free when that was killed', async (t) => {
  const folder = t.testdir()
  t.equal(await isFolderInUse(folder), false)
  const kill = await holdElsewhere(t, folder)
  t.equal(await isFolderInUse(folder), true)
  await t.rejects(lockInstance(folder), { exitCode: 75, message: /is in use by a live instance \(pid \d+\)/ })
  await kill()
  t.equal(await isFolderInUse(folder), false)
  const lock = await lockInstance(folder)
  await t.rejects(lockInstance(folder), { exitCode: 75, message: /in use/ })
  // A child of the holder does not hold it.
  const child = spawn('sleep', ['60'])
  t.teardown(() => child.kill('SIGKILL'))
  lock.release()
  const again = await lockInstance(folder)
  again.release()
  t.equal(statSync(join(folder, 'lock')).mode & 0o077, 0)
})

t.test('whoever takes the name that the lock had before keeps nobody from starting', async (t) => {
  const folder = t.testdir()
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)
  const squatter = createServer()
  squatter.listen({ path: `\0drumbeat-data-${name}` })
  await once(squatter, 'listening')
  t.teardown(() => squatter.close())
  const lock = await lockInstance(folder)
  lock.release()
})

t.test('a lock that cannot be opened is said in a line', async (t) => {
  const folder = t.testdir({ lock: {} })
  await t.rejects(lockInstance(folder), { exitCode: 77, message: /^the data folder cannot be locked: EISDIR/ })
})
