import t from 'tap'
import type { Page } from 'playwright-core'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { startServer } from '../helpers/server.ts'

/** Waits until a text of the page is as wanted. */
async function shows(page: Page, selector: string, hasText: RegExp): Promise<string> {
  const found = page.locator(selector, { hasText }).first()
  await found.waitFor({ timeout: 8000 })
  return (await found.textContent()) ?? ''
}

t.test('the console', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const browser = await openChromium(t)
  const open = async () => {
    const page = await browser.newPage()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    await page.goto(server.url)
    return { page, wrong }
  }

  await t.test('a guest connects, broadcasts, and sees their own event', async (t) => {
    const { page, wrong } = await open()
    await shows(page, '#status', /Not connected/)
    await page.click('#connect-guest')
    await shows(page, '#status', /^Connected as guest-/)
    await page.fill('#broadcast-text', 'hello from <b>Chromium</b>')
    await page.click('#broadcast-send')
    const row = '#events tr[data-event-type="core.game.state.broadcast"]'
    await shows(page, row, /hello from <b>Chromium<\/b>/)
    t.match(await page.getAttribute(row, 'data-offset'), /^\d+$/)
    t.equal(await page.locator('#events b').count(), 0, 'what comes from others is text, not HTML')
    await shows(page, '#metric-connections', /[1-9]/)
    t.strictSame(wrong, [], 'no error, and nothing that the content security policy forbids')
    await page.close()
  })

  await t.test('a player joins a room, is credited, and buys', async (t) => {
    const { page, wrong } = await open()
    await page.fill('#token', server.mint('alice'))
    await page.click('#connect-token')
    await shows(page, '#status', /^Connected as alice/)
    await page.fill('#room-id', 'arena')
    await page.click('#room-join')
    await page.waitForSelector('#rooms li[data-room="arena"]')
    await server.admin('POST', '/api/v1/players/alice/credit', {
      currency: 'gold',
      amount: 1000,
      idempotency_key: 'credit-of-the-console-test',
    })
    await page.selectOption('#good-select', 'sword')
    await page.click('#buy')
    await page.waitForSelector('#events tr[data-event-type="core.game.state.buy_good"]')
    const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { sword: number } }
    t.equal(inventory.sword, 1)
    t.strictSame(wrong, [])
    await page.close()
  })

  await t.test('the server is started anew: the page resumes by itself', async (t) => {
    const { page } = await open()
    await page.click('#connect-guest')
    await shows(page, '#status', /^Connected as guest-/)
    await server.restart()
    t.match(await shows(page, '#status', /^Resumed as/), /Resumed as guest-/)
    await page.close()
  })
})
