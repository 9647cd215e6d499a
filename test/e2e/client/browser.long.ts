import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { realTime } from '../../helpers/real-time.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { holdsWithin, until } from '../../helpers/until.ts'
import { openSpeaker, ROOM, upTo } from './numbers.ts'

const CLIENT = new URL('../../../src/client/index.ts', import.meta.url).pathname

/** The client as a page gets it, in the global `drumbeat`, and what a game would do with it. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [CLIENT],
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'drumbeat',
    platform: 'browser',
    write: false,
  })
  return `${outputFiles[0]?.text}
globalThis.drumbeat = drumbeat
globalThis.play = async (token, encoding, room) => {
  globalThis.heard = []
  globalThis.changes = []
  const game = await drumbeat.connect({
    url: location.origin, namespace: 'private', token, encoding, reconnect: { baseMs: 20, maxMs: 100 },
  })
  globalThis.game = game
  game.on(drumbeat.EVENT.broadcast, ({ payload }) => heard.push(payload.message))
  game.on('status', (change) => changes.push({ status: change.status, code: change.code }))
  game.on('gap', () => heard.push('a gap'))
  await game.join(room)
}`
}

const hear = (page: Page) => page.evaluate<unknown[]>('heard')
const heardAll = (page: Page, count: number) => until(async () => (await hear(page)).length >= count)
const statuses = (page: Page) => page.evaluate<{ status: string; code?: number }[]>('changes')

t.test('the client in Chromium', { skip: NO_CHROMIUM }, async (t) => {
  const script = await bundle()
  const server = await startServer(t)
  const browser = await openChromium(t)
  const open = async (origin: string) => {
    const page = await browser.newPage()
    await page.goto(origin)
    await page.evaluate(script)
    return page
  }
  const play = async (origin: string, encoding = 'json') => {
    const page = await open(origin)
    await page.evaluate(`play(${JSON.stringify(server.mint('alice'))}, '${encoding}', '${ROOM}')`)
    return page
  }

  for (const encoding of ['json', 'msgpack']) {
    await t.test(`a network that drops costs no event, and none comes twice (${encoding})`, async (t) => {
      const proxy = await startProxy(t, server.port)
      const speaker = await openSpeaker(t, server)
      const page = await play(proxy.endpoint, encoding)
      for (let i = 0; i < 10; i++) {
        await speaker.say(10, 5)
        proxy.cutAll()
        await speaker.say(10)
      }
      await heardAll(page, 200)
      t.strictSame(await hear(page), upTo(200))
      t.ok((await statuses(page)).filter(({ status }) => status === 'reconnecting').length >= 5)
      await page.close()
    })
  }

  await t.test('a refusal is told: 401 where the token is none', async (t) => {
    const page = await open(server.url)
    const refusal = `drumbeat.connect({ url: location.origin, namespace: 'private', token: 'none' }).catch(({ code }) => code)`
    t.equal(await page.evaluate(refusal), 'TOKEN_INVALID')
    await page.close()
  })

  await t.test(
    'a page that slept while its connection died asks when it wakes, and hears what it missed',
    async (t) => {
      const proxy = await startProxy(t, server.port)
      const speaker = await openSpeaker(t, server)
      const page = await play(proxy.endpoint)
      const devtools = await page.context().newCDPSession(page)
      // Stopped as by a sleep: nothing runs, timers come late, and the clock goes on.
      await devtools.send('Debugger.enable')
      const paused = new Promise((resolve) => devtools.once('Debugger.paused', resolve))
      await devtools.send('Debugger.pause')
      await paused
      proxy.freezeAll()
      await speaker.say(5)
      await realTime(6_000)
      await devtools.send('Debugger.resume')
      // The server's interval is 30 s, with 5 s for the answer: silence alone would not do it in this time.
      t.ok(await heardAll(page, 5))
      t.strictSame(await hear(page), upTo(5))
      t.match(await statuses(page), [{ status: 'reconnecting', code: 4003 }, { status: 'ready' }])
      await page.close()
    },
  )

  await t.test('the network comes back: the next attempt does not wait for its time', async (t) => {
    const proxy = await startProxy(t, server.port)
    const page = await open(proxy.endpoint)
    await page.evaluate(`drumbeat.connect({
      url: location.origin, namespace: 'public', reconnect: { baseMs: 1e9, maxMs: 1e9 },
    }).then((game) => { globalThis.game = game })`)
    proxy.refuse(true)
    proxy.cutAll()
    t.ok(await until(() => page.evaluate<boolean>(`game.status === 'reconnecting'`)))
    t.ok(await page.evaluate<boolean>(`game.statusChange.retryAt > Date.now()`))
    proxy.refuse(false)
    // The browser says that it is online a moment before it is: an attempt may come too early, and the next is a long way off.
    const isBack = async () => {
      await page.context().setOffline(true)
      await page.context().setOffline(false)
      return holdsWithin(() => page.evaluate<boolean>(`game.status === 'ready'`), 500)
    }
    t.ok(await until(isBack))
    await page.close()
  })
})
