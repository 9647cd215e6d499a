import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

t.test('in the console a guest connects, broadcasts, and sees their own event', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const { page, wrong } = await openConsole(t, await openChromium(t), server, { view: 'playground' })
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
  await shows(page, '#broadcast-outcome', /BAD_REQUEST: payload.message.x\[0\]: JSON has no value for Infinity/)
  await page.click('#tab-overview')
  await shows(page, '#metric-connections', /[1-9]/)
  await page.click('#tab-playground')
  await shows(page, '#status', /^Connected as guest-/)
  t.strictSame(wrong, [], 'no error, and nothing that the content security policy forbids')

  const statuses = new Set<number>()
  page.on('response', (answer) => answer.url().endsWith('.js') && statuses.add(answer.status()))
  await page.reload()
  await shows(page, '#status', /Not connected/)
  t.strictSame([...statuses], [304], 'no module is sent again')
})
