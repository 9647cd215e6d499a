import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

t.test('the playground of the console', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const browser = await openChromium(t)
  const open = () => openConsole(t, browser, server, { view: 'playground' })

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
    await page.fill('#broadcast-text', '{"x":[1e400]}')
    await page.click('#broadcast-send')
    await shows(page, '#broadcast-outcome', /beyond those of JSON; nothing was sent/)
    await page.fill('#broadcast-text', '{"x":[1e400]}')
    await page.click('#broadcast-send')
    await shows(page, '#broadcast-outcome', /beyond those of JSON; nothing was sent/)
    await page.click('#tab-overview')
    await shows(page, '#metric-connections', /[1-9]/)
    await page.click('#tab-playground')
    await shows(page, '#status', /^Connected as guest-/)
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
