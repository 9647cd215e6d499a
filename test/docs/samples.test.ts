/** The samples of the README and of docs/ run as they stand there; those of games.md and games-testing.md have tests of their own. */
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { blocksOf, findPages, readPage, ROOT } from './markdown.ts'

const CODE = new Set(['js', 'ts', 'jsx', 'svelte'])
/** The tests that run the code of a page. */
const RUN_BY: Readonly<Record<string, readonly string[]>> = {
  'README.md': ['test/docs/samples.test.ts', 'test/games/readme.test.ts'],
  'docs/start/first-client.md': ['test/docs/samples.test.ts', 'test/docs/sample-types.test.ts'],
  'docs/start/first-game.md': ['test/docs/samples.test.ts', 'test/client/pages-of-docs.test.ts'],
  'docs/guides/socket-io.md': ['test/docs/samples.test.ts'],
  'docs/guides/rooms.md': ['test/docs/samples.test.ts'],
  'docs/guides/games.md': ['test/games/authors-page.test.ts', 'test/client/pages-of-docs.test.ts'],
  'docs/guides/games-testing.md': ['test/games/testing/docs.test.ts'],
  // A piece of a test, for those who change Drumbeat.
  'CONTRIBUTING.md': [],
}

const codeOf = (page: string, language: string) =>
  blocksOf(readPage(page))
    .filter((block) => block.language === language)
    .map(({ code }) => code)

t.test('every page with code has a test that runs it, and all JSON is JSON', async (t) => {
  for (const page of findPages()) {
    const blocks = blocksOf(readPage(page))
    if (blocks.some(({ language }) => CODE.has(language))) t.ok(RUN_BY[page], page)
    for (const { language, code } of blocks)
      if (language === 'json') t.doesNotThrow(() => JSON.parse(code), `${page}: ${code}`)
  }
  for (const tests of Object.values(RUN_BY))
    for (const name of tests) t.ok(readPage(name).includes('readFileSync') || name.startsWith('test/docs/'), name)
})

t.test('the README and the pages of the start have the same client and the same game', async (t) => {
  const [client] = codeOf('README.md', 'js')
  const [game] = codeOf('README.md', 'ts')
  t.equal(codeOf('docs/start/first-client.md', 'js')[0], client)
  t.equal(codeOf('docs/start/first-game.md', 'ts')[0], game)
  t.ok(client && client.trim().split('\n').length <= 15, 'your first client is not more than 15 lines')
})

const server = await startServer(t, { WORKERS: '1', ADMIN_TOKEN: '' })

/** Runs a program as somebody who copied it; gives its lines as they come. */
function run(t: Test, name: string, code: string) {
  const file = path.join(t.testdir({}), name)
  writeFileSync(file, code.replace("'drumbeat/client'", `'${path.join(ROOT, 'src/client/index.ts')}'`))
  const child = spawn(process.execPath, [file], { env: { SERVER: server.url, TOKEN: server.mint('alice') } })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.push(line))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const says = (line: string) =>
    until(
      () => lines.includes(line),
      () => lines.join('\n'),
    )
  return { lines, ended, says }
}

t.test('the first client talks in a room, and to itself', async (t) => {
  const { says } = run(t, 'chat.mjs', codeOf('README.md', 'js')[0] ?? '')
  t.ok(await says('alice in lobby hello, we are 1'))
  t.ok(await says('alice to me a note to all my devices'))
})

t.test('the client with types keeps a state and reads events one by one', async (t) => {
  const { lines, ended } = run(t, 'typed.ts', codeOf('docs/start/first-client.md', 'ts')[0] ?? '')
  t.equal(await ended, 0, lines.join('\n'))
  t.ok(lines.includes('moved to 3 4'), lines.join('\n'))
  t.ok(lines.includes('state { x: 3, y: 4 }'), lines.join('\n'))
})

t.test('a client of Socket.IO talks in a room', async (t) => {
  const { says } = run(t, 'chat-io.mjs', codeOf('docs/guides/socket-io.md', 'js')[0] ?? '')
  t.ok(await says('one of 1'))
  t.ok(await says('alice in lobby hello from Socket.IO'))
})

t.test('a shared board keeps its state, and lists who is there', async (t) => {
  const { lines, ended } = run(t, 'board.mjs', codeOf('docs/guides/rooms.md', 'js')[0] ?? '')
  t.equal(await ended, 0, lines.join('\n'))
  t.strictSame(lines, ["everybody got { title: 'Plan' }", "it stays { title: 'Plan' }", '1 here: alice'])
})

const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'there is no curl'
t.test('the command that gives alice gold does so', { skip: noCurl }, async (t) => {
  const [command = ''] = codeOf('docs/guides/purchases.md', 'sh')
  const script = command.replace('http://127.0.0.1:8080', server.url).replace('curl ', 'curl -s ')
  const { stdout } = spawnSync('sh', ['-c', script], { cwd: path.dirname(server.dataDir), encoding: 'utf8' })
  t.match(JSON.parse(stdout), { user_id: 'alice', balances: { gold: 1000 } })
})
