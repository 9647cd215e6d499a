/** The configurations of docs/operate/proxies.md, in real proxies, with TLS and a path, in front of a real server. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { json } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { makeCertificates } from '../helpers/certificates.ts'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { openClient } from '../helpers/client.ts'
import { openConsole, shows } from '../helpers/console.ts'
import { skipWithoutProxy, startProxy, type ProxyName } from '../helpers/proxies.ts'
import { openIo } from '../helpers/socket-io.ts'
import { startServer } from '../helpers/server.ts'

const PREFIX = '/core/game/v1/real-time'
const BROADCAST = 'core.game.state.broadcast'
const certificates = await makeCertificates(t.testdir())
const ca = readFileSync(certificates.ca)
const server = await startServer(t, {
  TRUSTED_PROXIES: '127.0.0.1',
  GAME_HOSTS: '1',
  ALLOWED_HOSTS: 'game.example,drumbeat',
})

interface Answer {
  readonly status: number | undefined
  readonly body: unknown
}

async function ask(
  agent: Agent,
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: object } = {},
): Promise<Answer> {
  // The certificate is of the address, whatever Host says.
  const sent = request(url, { method, headers, agent, servername: '' })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
  return { status: response.statusCode, body: await json(response).catch(() => undefined) }
}

for (const name of ['nginx', 'haproxy'] as const satisfies ProxyName[]) {
  t.test(name, skipWithoutProxy(name), async (t) => {
    const proxy = await startProxy(t, name, { server, certificates })
    const agent = new Agent({ ca, keepAlive: true })
    t.teardown(() => agent.destroy())
    const authorization = `Bearer ${server.adminToken}`

    for (const path of ['', '/ops']) {
      await t.test(`REST at ${path}/`, async (t) => {
        t.match(await ask(agent, `${proxy.url}${path}/ready`), { status: 200, body: { ready: true } })
        const credit = {
          currency: 'gold',
          amount: 5,
          idempotency_key: `key-for-${name}${path.replace('/', '-')}-123456`,
        }
        const url = `${proxy.url}${path}/api/v1/players/of-${name}${path.replace('/', '-')}/credit`
        const sent = { method: 'POST', headers: { authorization }, body: credit }
        t.match(await ask(agent, url, sent), { status: 200, body: { balances: { gold: 5 } } })
        t.match(await ask(agent, `${proxy.url}${path}/api/v1/config`), { status: 401 })
        const document = `${proxy.url}${path}/api/v1/openapi.json`
        const { servers } = (await ask(agent, document)).body as { servers: { url: string }[] }
        t.equal(new URL(servers[0]?.url ?? '', document).href, `${proxy.url}${path}/`)
      })

      await t.test(`a WebSocket at ${path}/, of a page of the same address`, async (t) => {
        const wsUrl = `${proxy.url.replace('https', 'wss')}${path}${PREFIX}`
        const client = await openClient({ wsUrl }, { token: server.mint('alice'), ws: { ca, origin: proxy.url } })
        const reply = await client.request(BROADCAST, { message: { via: name } })
        t.equal(reply.success, true)
        t.match(await client.next(({ eventType }) => eventType === BROADCAST), { payload: { message: { via: name } } })
        await client.close()
      })

      for (const transport of ['polling', 'websocket'] as const) {
        await t.test(`Socket.IO by ${transport} at ${path}/`, async (t) => {
          const options = { path: `${path}${PREFIX}/public`, transports: [transport], ca: ca.toString() }
          const client = await openIo(t, server, { url: proxy.url, ...options })
          const reply = await client.request(BROADCAST, { message: transport })
          t.equal(reply.success, true)
          t.equal(client.transport, transport)
        })
      }
    }

    await t.test('a name that is listed is served, and no other', async (t) => {
      const by = (host: string) => ask(agent, `${proxy.url}/api/v1/goods`, { headers: { host } })
      t.match(await by('game.example'), { status: 200 })
      t.match(await by('other.example'), { status: 421, body: { error: { message: /other\.example.*ALLOWED_HOSTS/ } } })
    })

    await t.test('the address of a client is its own', async (t) => {
      const wsUrl = `${proxy.url.replace('https', 'wss')}${PREFIX}`
      const headers = { 'x-forwarded-for': '203.0.113.7' }
      const client = await openClient({ wsUrl }, { ws: { ca, headers } })
      const { items } = (await server.admin('GET', '/api/v1/connections?namespace=guest')) as {
        items: { address: string }[]
      }
      t.ok(
        items.some(({ address }) => address === '203.0.113.7'),
        JSON.stringify(items),
      )
      await client.close()
    })

    await t.test('the console below a path', { skip: NO_CHROMIUM }, async (t) => {
      const browser = await openChromium(t)
      const atPath = { url: `${proxy.url}/ops`, adminToken: server.adminToken }
      const options = { view: 'node', ignoreHTTPSErrors: true, adminToken: server.adminToken }
      const { page, wrong } = await openConsole(t, browser, atPath, options)
      const missing: string[] = []
      page.on('response', (response) => response.status() === 404 && missing.push(response.url()))
      await shows(page, '#view-node', /ADMIN_TOKEN/)
      await page.click('#tab-games')
      await shows(page, '#games-table', /There are no games/)
      await page.click('#tab-playground')
      await page.click('#connect-guest')
      await shows(page, '#status', /^Connected as guest-/)
      await page.fill('#broadcast-text', 'from below a path')
      await page.click('#broadcast-send')
      await shows(page, `#events tr[data-event-type="${BROADCAST}"]`, /from below a path/)
      await page.reload()
      await shows(page, '#status', /Not connected/)
      t.same(missing, [])
      t.same(wrong, [])
    })

    await t.test('the samples below a path', { skip: NO_CHROMIUM }, async (t) => {
      const context = await (await openChromium(t)).newContext({ ignoreHTTPSErrors: true })
      const page = await context.newPage()
      const missing: string[] = []
      page.on('response', (response) => response.status() >= 400 && missing.push(response.url()))
      await page.goto(`${proxy.url}/ops/play`)
      t.equal(page.url(), `${proxy.url}/ops/play/`)
      await page.click('a[href="tictactoe/"]')
      await page.fill('#name', 'Ann')
      await page.click('#play')
      await shows(page, '.sides', /Ann \(you\)/)
      t.same(missing, [])
    })
  })
}
