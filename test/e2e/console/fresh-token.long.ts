import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

t.test(
  'a session goes on with a fresh token, before the old one expires and after it',
  { skip: NO_CHROMIUM },
  async (t) => {
    const server = await startServer(t, { WORKERS: '1' })
    const { page } = await openConsole(t, await openChromium(t), server, { view: 'playground' })
    const mint = (seconds: number) => server.mint('bob', { exp: Math.floor(Date.now() / 1000) + seconds })
    const give = async (token: string) => {
      await page.fill('#token', token)
      await page.click('#connect-token')
    }
    await give(mint(4))
    await shows(page, '#status', /^Connected as bob/)
    await page.fill('#room-id', 'lobby')
    await page.click('#room-join')
    await shows(page, '#status', /The token is about to expire: connect with a fresh one/)
    await give(mint(6))
    await shows(page, '#exchanges > li:first-child[data-state="ok"]', /session\.refresh/)
    await shows(page, '#status', /The server no longer accepts the token: connect with a fresh one/)
    await give(mint(3600))
    await shows(page, '#status', /^Resumed as bob/)
    await page.waitForSelector('#rooms li[data-room="lobby"]')
  },
)
