import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { Link } from '../../src/link/link.ts'
import type { WorkerMethods } from '../../src/link/methods/worker.ts'
import { isSameLink, LINK_FOLDERS, LINK_VERSION, readLinkVersion } from '../../src/link/version.ts'
import { EXIT } from '../../src/setup/exit-codes.ts'
import { MAY_IMPORT } from '../layers/rules.ts'

type None = { readonly [name: string]: never }

t.test('the version of the link is that of all files that say what travels on it', async (t) => {
  const folders = (link: Record<string, string>, protocol: Record<string, string | Record<string, string>> = {}) => {
    return readLinkVersion(t.testdir({ link, protocol, domain: {} }))
  }
  const version = folders({ 'a.ts': '1', 'b.ts': '2' })
  t.equal(folders({ 'b.ts': '2', 'a.ts': '1', 'a.d.ts': '3' }), version, 'types that a build makes are no code')
  const others = [
    folders({ 'a.ts': '1', 'b.ts': '3' }),
    folders({ 'a.ts': '1', 'c.ts': '2' }),
    folders({ 'a.ts': '1' }),
    folders({ 'a.ts': '1', 'b.ts': '2' }, { 'c.ts': '' }),
    folders({ 'a.ts': '1', 'b.ts': '2' }, { shapes: { 'c.js': '' } }),
  ]
  t.equal(new Set([version, ...others]).size, 6, 'each change makes another one')
  // base/ has clocks and queues: nothing of it is sent.
  t.strictSame(['base', ...LINK_FOLDERS].sort(), ['link', ...(MAY_IMPORT['link'] ?? [])].sort())
})

t.test('a worker takes the welcome of its own version only; 0.1.0 says none', async (t) => {
  t.ok(isSameLink(LINK_VERSION))
  for (const other of [undefined, null, 1, `${LINK_VERSION}x`]) t.notOk(isSameLink(other))
})

t.test('a worker of other files than its primary ends with a line and an exit code', async (t) => {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main, '--worker'], { stdio: ['ignore', 'inherit', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const stream = child.stdio[3]
  if (!(stream instanceof Socket) || !child.stderr) throw new Error('the worker has no link')
  const said = child.stderr.setEncoding('utf8').toArray()
  const link = new Link<None, WorkerMethods>({ stream, handlers: {}, queueBytesMax: 1_000_000, onClose: () => {} })
  link.tell('welcome', { linkVersion: 'another' } as WorkerMethods['welcome']['args'])
  t.strictSame(await once(child, 'close'), [EXIT.configuration, null])
  t.equal(
    (await said).join(''),
    'drumbeat: the files of Drumbeat were changed since this node started, so no worker can join it: restart the node\n',
  )
})
