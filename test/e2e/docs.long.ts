/** The documentation in a browser, as a server has it at /docs/ and as a folder without one. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { AXE, offences } from '../helpers/axe.ts'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { shows } from '../helpers/console.ts'
import { startServer } from '../helpers/server.ts'
import { buildSite } from '../helpers/site.ts'

const SITE = path.resolve(import.meta.dirname, '../../dist/docs')
const SHOTS = process.env['SCREENSHOTS']

t.test('the documentation in a browser', { skip: NO_CHROMIUM }, async (t) => {
  await buildSite(SITE)
  const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '0' })
  const browser = await openChromium(t)

  /** A page whose errors, and requests to anybody but the server, are gathered. */
  async function open(t: Test, options: BrowserContextOptions, address: string) {
    const context = await browser.newContext(options)
    t.teardown(() => context.close())
    const page = await context.newPage()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL('.', address).origin) && !request.url().startsWith('file:'))
        wrong.push(`asked ${request.url()}`)
    })
    await page.goto(address)
    return { page, wrong }
  }

  const search = async (page: Page, question: string) => {
    await page.keyboard.press('/')
    await page.keyboard.type(question)
    await shows(page, '#found-count', /found/i)
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await t.test(`one searches and reads, ${colorScheme}, ${width} px`, async (t) => {
        const options = { colorScheme, viewport: { width, height: 800 } }
        const { page, wrong } = await open(t, options, `${server.url}/docs/`)
        const check = async (what: string) => {
          await page.evaluate(AXE)
          t.strictSame(await offences(page), [], what)
          t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${what} fits the screen`)
          if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `docs-${what}-${colorScheme}-${width}.png`) })
        }
        await check('index')
        await search(page, 'why is my client closed with 4001')
        await shows(page, '#found-list li:first-child a', /4001.*Troubleshooting/)
        await check('search')
        await page.keyboard.press('ArrowDown')
        await page.keyboard.press('Enter')
        await page.waitForURL(/\/docs\/operate\/troubleshooting\.html#4001/)
        await shows(page, 'h3:target', /4001/)
        await check('troubleshooting')
        await search(page, 'ROOM_CAPACITY')
        await page.keyboard.press('Enter')
        await page.waitForURL(/\/docs\/reference\/settings\.html#ROOM_CAPACITY$/)
        await shows(page, 'tr:target', /ROOM_CAPACITY/)
        await check('settings')
        await page.click('#pages a:has-text("Your first game")')
        await shows(page, 'h1', /Your first game/)
        await check('code')
        await page.click('a[rel="prev"]')
        await shows(page, 'h1', /Your first client/)
        await page.goto(`${server.url}/docs/operate/console.html`)
        t.ok(await page.locator('article img').evaluate((image) => 'naturalWidth' in image && image.naturalWidth))
        await page.goto(`${server.url}/docs/design/decisions.html`)
        await check('decisions')
        t.strictSame(wrong, [])
      })
    }
  }

  await t.test('the results are closed by Escape, and by going elsewhere', async (t) => {
    const { page, wrong } = await open(t, {}, `${server.url}/docs/`)
    await search(page, 'xyzzyplugh')
    await shows(page, '#found-count', /^Nothing found\.$/)
    await page.keyboard.press('Escape')
    await page.locator('#found').waitFor({ state: 'hidden' })
    await page.fill('#query', 'bots')
    await shows(page, '#found-list', /Bots/)
    await page.click('#pages h2')
    await page.locator('#found').waitFor({ state: 'hidden' })
    t.strictSame(wrong, [])
  })

  await t.test('the console leads there', async (t) => {
    const { page, wrong } = await open(t, {}, `${server.url}/`)
    await page.click('a.docs')
    await shows(page, 'h1', /^Documentation$/)
    t.strictSame(wrong, [])
  })

  await t.test('a folder without a server has the search, too', async (t) => {
    const { page, wrong } = await open(t, { offline: true }, pathToFileURL(path.join(SITE, 'index.html')).href)
    await search(page, 'idempotency key')
    await page.keyboard.press('Enter')
    await shows(page, 'h2:target', /Idempotency keys/)
    t.strictSame(wrong, [])
  })
})
