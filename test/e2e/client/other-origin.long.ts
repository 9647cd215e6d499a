import { build } from 'esbuild'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'

const CLIENT = new URL('../../../src/client/index.ts', import.meta.url).pathname

/** The origin of an empty page with the client in it, as `globalThis.drumbeat`. */
async function servePage(t: Test): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [CLIENT],
    bundle: true,
    format: 'iife',
    globalName: 'drumbeat',
    platform: 'browser',
    write: false,
  })
  const script = `${outputFiles[0]?.text}\nglobalThis.drumbeat = drumbeat`
  const pages = createServer((request, response) => {
    const isScript = request.url === '/client.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script src="/client.js"></script>')
  }).listen(0, '127.0.0.1')
  t.teardown(() => pages.close())
  await once(pages, 'listening')
  return `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
}

/** Connects with an expired token first; gives why the token was asked for each time, and who the player is in the end. */
function connectWith(server: TestServer): string {
  const [expired, good] = [server.mint('alice', { exp: 1 }), server.mint('alice')]
  return `(async () => {
    const asked = []
    const token = (reason) => (asked.push(reason), reason === 'expired' ? '${good}' : '${expired}')
    const game = await drumbeat.connect({
      url: '${server.url}', namespace: 'private', token, connectTimeoutMs: 60000, reconnect: { baseMs: 20, maxMs: 100 },
    })
    const { user_id } = game.session
    game.close()
    return { asked, user_id }
  })().catch(({ code, message }) => ({ code, message }))`
}

t.test('a page of another origin', { skip: NO_CHROMIUM }, async (t) => {
  const origin = await servePage(t)
  const [server, closed] = await Promise.all([startServer(t, { ALLOWED_ORIGINS: origin }), startServer(t)])
  const browser = await openChromium(t)
  const page = await browser.newPage()
  await page.goto(origin)

  await t.test('with an expired token learns why it was refused, asks for another one and connects', async (t) => {
    t.strictSame(await page.evaluate(connectWith(server)), { asked: ['connect', 'expired'], user_id: 'alice' })
  })

  await t.test('reads the goods and the receipt key, where its origin is allowed', async (t) => {
    const read = ({ url }: TestServer) => `Promise.all(['goods', 'receipt-key'].map((path) =>
      fetch('${url}/api/v1/' + path, { headers: { traceparent: 'x' } }).then(({ status }) => status, ({ name }) => name)))`
    t.strictSame(await page.evaluate(read(server)), [200, 200])
    t.strictSame(await page.evaluate(read(closed)), ['TypeError', 'TypeError'], 'where it is not')
  })
})
