import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

t.test('the playground of the console', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const browser = await openChromium(t)
  const open = () => openConsole(t, browser, server, { view: 'playground' })

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

  await t.test('each text that is sent is shown with its reply, whoever made it', async (t) => {
    const { page, wrong } = await open()
    const newest = '#exchanges > li:first-child'
    const send = async (text: string) => {
      await page.fill('#envelope', text)
      await page.click('#envelope-send')
    }
    await page.click('#connect-guest')
    await shows(page, '#status', /^Connected as guest-/)
    await shows(page, '#fact-round-trip', /\d ms/)
    t.equal(await page.locator('#exchanges > li').count(), 0, 'the ping for the round trip is not shown')

    await page.fill('#broadcast-text', 'of a form')
    await page.click('#broadcast-send')
    await shows(page, `${newest}[data-state="ok"]`, /state\.broadcast.*"message":"of a form".*"success":true/)
    await send('{"id":"mine","eventType":"core.game.session.ping","payload":{}}')
    await shows(page, `${newest}[data-state="ok"]`, /session\.ping.*"id":"mine".*"replyTo":"mine"/)
    await shows(page, '#envelope-outcome', /^Done/)
    await send('{"id":"mine","eventType":"core.game.state.get","payload":{"room_id":"nowhere"}}')
    await shows(page, `${newest}[data-state="failed"]`, /NOT_IN_ROOM/)
    await send('this is no JSON')
    await shows(page, `${newest}[data-state="failed"]`, /a reply to no known request/)
    await shows(page, '#exchanges > li:nth-child(2)', /this is no JSON/)
    await send(JSON.stringify({ id: 'long', eventType: 'x', payload: 'x'.repeat(20_000) }))
    await shows(page, '#envelope-outcome', /PAYLOAD_TOO_LARGE: .*nothing was sent/)

    await server.admin('POST', '/api/v1/reload', {})
    await page.waitForSelector('#events tr[data-event-type="core.game.session.resumed"]')
    await shows(page, '#status', /^Resumed as/)
    await send('{"id":"moved","eventType":"core.game.session.ping","payload":{}}')
    await shows(page, `${newest}[data-state="ok"]`, /"replyTo":"moved"/)
    t.strictSame(wrong, [])
    await page.close()
  })

  await t.test(
    'a room that an envelope joins is the client’s, also when the server is started anew, until another leaves it',
    async () => {
      const { page } = await open()
      const send = async (type: string) => {
        await page.fill('#envelope', `{"id":"r","eventType":"core.game.room.${type}","payload":{"room_id":"hall"}}`)
        await page.click('#envelope-send')
      }
      const room = page.locator('#rooms li[data-room="hall"]')
      await page.fill('#token', server.mint('carol'))
      await page.click('#connect-token')
      await shows(page, '#status', /^Connected as carol/)
      await send('join')
      await room.waitFor()
      await server.restart()
      await shows(page, '#status', /^Resumed as/)
      await page.selectOption('#look-target', 'hall')
      await page.click('#presence-list')
      await shows(page, '#look-outcome', /^Room hall: 1 present/)
      await send('leave')
      await room.waitFor({ state: 'detached' })
      await page.close()
    },
  )

  await t.test('a token that the server refuses is refused with its reason', async (t) => {
    const { page } = await open()
    await page.fill('#token', server.mint('mallory', { exp: 1 }))
    await page.click('#connect-token')
    await shows(page, '#status[data-state="closed"]', /^TOKEN_EXPIRED: /)
    await page.fill('#token', 'no token')
    await page.click('#connect-token')
    t.equal(await page.locator('#token:invalid').count(), 1, 'what is no JWT is not sent')
    await page.close()
  })
})
