/** The page that `drumbeat new` makes, in Chromium. */
import path from 'node:path'
import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { shows } from '../../helpers/console.ts'
import { PATIENCE_MS } from '../../helpers/patience.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'

const GAME = path.resolve(import.meta.dirname, '../../../starter/game.ts')

t.test('it says when the connection is lost, and no longer when it is back', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '1', GAMES: GAME })
  const proxy = await startProxy(t, server.port)
  const browser = await openChromium(t)
  const page = await browser.newPage()
  await page.goto(`${proxy.endpoint}/play/starter/`)
  await shows(page, '#status', /^You are Player 1$/)
  proxy.refuse(true)
  proxy.cutAll()
  await shows(page, '#connection', /^Connection lost, trying again…$/)
  proxy.refuse(false)
  await page.locator('#connection:empty').waitFor({ state: 'attached', timeout: PATIENCE_MS })
  await page.keyboard.press(' ')
  await shows(page, '#answer', /^Run, to dash\.$/)
})
