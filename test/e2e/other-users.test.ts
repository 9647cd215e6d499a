import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startServer } from '../helpers/server.ts'

const FOR_OTHERS = 0o077

t.test('nothing in the data folder is for others, and a signal opens no inspector', async (t) => {
  const before = process.umask(0o022)
  t.teardown(() => process.umask(before))
  const folder = join(t.testdir(), 'new', 'data')
  const server = await startServer(t, { DATA_DIR: folder })
  const paths = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  ]
  t.ok(paths.some((path) => path.endsWith('records/data.mdb')))
  t.strictSame(
    paths.filter((path) => (statSync(path).mode & FOR_OTHERS) !== 0),
    [],
  )
  const pids = processesOf(Number(readFileSync(join(folder, 'primary.pid'), 'utf8')))
  t.ok(pids.length >= 2, 'the primary and its workers')
  for (const pid of pids.slice(1)) {
    t.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '--disable-sigusr1', 'nor does one from its first moment')
  }
  for (const pid of pids) process.kill(pid, 'SIGUSR1')
  t.equal((await fetch(`${server.url}/ready`)).status, 200)
  t.notMatch(server.output(), /Debugger listening|worker died/)
})

/** The process and its children. */
function processesOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...children.split(' ').filter(Boolean).map(Number)]
}
