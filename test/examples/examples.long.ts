/** The examples, run as somebody who reads them would run them. */
import { spawn, spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { openClient } from '../helpers/client.ts'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const FOLDER = import.meta.dirname
const ROOT = join(FOLDER, '../..')
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

// Without tap's hooks for Node's processes, which the compiler cannot take.
const built = spawnSync('env', ['-u', 'NODE_OPTIONS', 'npm', 'run', 'build'], { cwd: ROOT })
if (built.status !== 0) throw new Error(`npm run build: ${built.stdout.toString()} ${built.stderr.toString()}`)

const web = createServer(({ url = '/' }, response) => {
  const { pathname } = new URL(url, 'http://x')
  const file = pathname === '/' ? '/index.html' : pathname
  // `npm run build` puts the client there, with what it shares with the server beside it.
  const place = /^\/(?:client|protocol|games)\//.test(file) ? join(ROOT, 'dist', file) : join(FOLDER, 'chat', file)
  response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
  createReadStream(place)
    .on('error', () => response.writeHead(404).end())
    .pipe(response)
})
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
t.teardown(() => web.close())
const page = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
const server = await startServer(t, { ALLOWED_ORIGINS: page })

/** Runs an example to its end or until the test ends; gives its lines. */
function run(t: Test, example: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const child = spawn(process.execPath, [join(FOLDER, example), ...args], { env: { SERVER: server.url, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.push(line))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { lines, ended }
}

t.test('a bot in 20 lines', async (t) => {
  const { lines } = run(t, 'bot.mjs', { TOKEN: server.mint('dice'), ROOM: 'tavern' })
  t.ok(await until(() => lines.includes('the bot is in tavern, one of 1')), lines.join('\n'))
  const alice = await openClient(server, { token: server.mint('alice') })
  await alice.request('core.game.room.join', { room_id: 'tavern' })
  await alice.request('core.game.state.broadcast', { message: { text: '!roll d6' } }, { room: 'tavern' })
  const answer = () => alice.events.find((event) => event['userId'] === 'dice' && event.eventType.endsWith('broadcast'))
  await until(() => answer() !== undefined)
  t.match(answer()?.payload, { message: { text: /^alice rolled [1-6] of 6$/ } })
  await alice.close()
})

t.test('a shop, with two devices of one player', async (t) => {
  const gold = { currency: 'gold', amount: 1_000, idempotency_key: 'gold-for-the-shopper' }
  await server.admin('POST', '/api/v1/players/shopper/credit', gold)
  const { lines, ended } = run(t, 'shop.mjs', { TOKEN: server.mint('shopper') })
  t.equal(await ended, 0, lines.join('\n'))
  t.match(lines, [
    'one purchase: true',
    'replayed on one device: 1',
    'told on the laptop: true',
    'signed by the shop: true',
    /^refused: (INSUFFICIENT_FUNDS|OUT_OF_STOCK) \{/,
  ])
})

t.test('a backend that gives prizes by REST', async (t) => {
  const winner = await openClient(server, { token: server.mint('winner') })
  await winner.request('core.game.room.join', { room_id: 'arena' })
  for (const round of ['once', 'again']) {
    const { lines, ended } = run(t, 'backend.mjs', { ADMIN_TOKEN: server.adminToken }, ['winner'])
    t.equal(await ended, 0)
    t.strictSame(lines, ['winner has 250 gold', 'told the arena: true', 'told winner on 1 devices'], round)
  }
  await until(() => winner.events.filter(({ eventType }) => eventType.endsWith('send_message')).length === 2)
  t.match(await winner.request('core.game.state.get', { room_id: 'arena' }), { data: { state: { winner: 'winner' } } })
  await winner.close()
})

t.test('a chat in the browser, with who is there', { skip: NO_CHROMIUM }, async (t) => {
  const browser = await openChromium(t)
  const open = async (user: string) => {
    const tab = await browser.newPage()
    await tab.goto(`${page}/?server=${server.url}#${server.mint(user)}`)
    await tab.waitForFunction(`document.querySelector('#people').textContent.includes('${user}')`)
    return tab
  }
  const anna = await open('anna')
  const ben = await open('ben')
  await anna.locator('#people li', { hasText: 'ben' }).waitFor({ timeout: PATIENCE_MS })
  t.equal(await ben.locator('#people').textContent(), 'annaben')
  await ben.fill('input[name=text]', 'hello <b>you</b>')
  await ben.click('button')
  await anna.locator('#lines li', { hasText: 'ben: hello <b>you</b>' }).waitFor({ timeout: PATIENCE_MS })
  t.equal(await anna.locator('#lines b').count(), 0)
  await ben.close()
  await anna.waitForFunction(`document.querySelector('#people').textContent === 'anna'`)
})
