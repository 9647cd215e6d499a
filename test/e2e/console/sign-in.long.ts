/** Signing in with one click, at a server with development secrets, in a browser. */
import path from 'node:path'
import t from 'tap'
import { signInUrl } from '../../../src/config/development.ts'
import { AXE, offences } from '../../helpers/axe.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

const DEVELOPMENT = { WORKERS: '1', ADMIN_TOKEN: '', AUTH_JWT_SECRET: '' }
const SHOTS = process.env['SCREENSHOTS']

t.test('one click signs in', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t, DEVELOPMENT)
  const browser = await openChromium(t)
  const url = signInUrl(server.url, server.adminToken)

  await t.test('the server prints the address, and only there is it', async (t) => {
    t.match(server.output(), `  Console   ${url}  (one click signs you in)`)
    t.notMatch(
      server
        .logs()
        .map((line) => JSON.stringify(line))
        .join('\n'),
      /sign-in=/,
    )
    t.strictSame(
      server.logs().filter(({ level }) => Number(level) > 30),
      [],
      'a developer is not warned of what need not be mended',
    )
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await t.test(`as the operator, and as any player, ${colorScheme}, ${width} px`, async (t) => {
        const viewport = { width, height: 800 }
        const { page, wrong } = await openConsole(t, browser, server, { colorScheme, viewport })
        await shows(page, '#sign-in-hint', /open the address with #sign-in= that it printed/)
        t.notOk(await page.isVisible('#sign-in-admin'))
        await page.goto(url)
        await shows(page, '#sign-in-hint', /one click signs you in\. This works only here\./)
        t.equal(new URL(page.url()).hash, '#/', 'the code does not stay in the address')
        await page.evaluate(AXE)
        t.strictSame(await offences(page), [])
        t.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
        if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `sign-in-${colorScheme}-${width}.png`) })
        await page.click('#sign-in-admin')
        await shows(page, '#token-held', /held by this tab/)
        await page.click('#tab-node')
        await shows(page, '#settings-table', /NODE_ID/)
        await page.click('#tab-playground')
        await page.fill('#sign-in-user', 'bob')
        if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `play-${colorScheme}-${width}.png`) })
        t.strictSame(await offences(page), [])
        await page.click('#sign-in-form button')
        await shows(page, '#status', /^Connected as bob\./)
        t.strictSame(wrong, [])
      })
    }
  }

  await t.test('the browser keeps the code for another tab, and forgets one that is wrong', async (t) => {
    const { page } = await openConsole(t, browser, server)
    await page.goto(url)
    await page.click('#sign-in-admin')
    await shows(page, '#token-held', /held/)
    const second = await page.context().newPage()
    await second.goto(server.url)
    await second.click('#sign-in-admin')
    await shows(second, '#token-held', /held/)
    await second.click('#token-forget')
    await second.goto(`${server.url}/#sign-in=of-another-server-1234`)
    await second.reload()
    await second.click('#sign-in-admin')
    await shows(second, '#sign-in-hint', /not the code that the server has printed/)
    t.notOk(await second.isVisible('#sign-in-admin'))
    await second.goto(url.replace('127.0.0.1', 'localhost'))
    await second.click('#sign-in-admin')
    await shows(second, '#token-held', /held/)
  })

  await t.test('a server with a secret offers nothing, whatever the browser has', async (t) => {
    const { page } = await openConsole(t, browser, server)
    await page.goto(url)
    await shows(page, '#sign-in-admin', /Sign in/)
    await server.restart({ AUTH_JWT_SECRET: 'a secret for the tests, of thirty-two bytes and more' })
    await page.reload()
    await shows(page, '#server-status', /Live/)
    for (const id of ['#sign-in-admin', '#sign-in-hint', '#sign-in-form']) t.notOk(await page.isVisible(id), id)
    const body = JSON.stringify({ code: url.split('=')[1] })
    const answer = await fetch(`${server.url}/api/v1/sign-in`, {
      method: 'POST',
      body,
      headers: { origin: server.url },
    })
    t.equal(answer.status, 404)
  })
})
