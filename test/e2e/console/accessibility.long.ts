import { SAMPLES } from '../../../src/config/samples.ts'
import t from 'tap'
import { AXE, offences } from '../../helpers/axe.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openClient } from '../../helpers/client.ts'
import { openConsole, shows, VIEWS } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'

t.test('the console is for everybody', { skip: NO_CHROMIUM }, async (t) => {
  const GAMES = `${SAMPLES},${import.meta.dirname}/field-game.ts`
  const server = await startServer(t, { GAME_HOSTS: '1', GAMES })
  const browser = await openChromium(t)
  const alice = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => alice.terminate())
  await alice.request('core.game.room.join', { room_id: 'arena' })
  const gold = { currency: 'gold', amount: 1000, idempotency_key: 'credit-of-the-console-test' }
  await server.admin('POST', '/api/v1/players/alice/credit', gold)
  await alice.request('core.game.state.buy_good', { good_id: 'sword', count: 1 })

  const body = { namespace: 'private', game: 'field', options: { map: 'hills' } }
  const { room_id: field } = (await server.admin('POST', '/api/v1/rooms', body)) as { readonly room_id: string }
  await alice.request('core.game.room.join', { room_id: field })
  await alice.request('core.game.room.input', { name: 'fire', input: { x: 2_000, y: 1 } }, { room: field })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await t.test(`axe finds nothing serious, ${colorScheme}, ${width} px`, async (t) => {
        const viewport = { width, height: 800 }
        const options = { colorScheme, viewport, adminToken: server.adminToken }
        const { page, wrong } = await openConsole(t, browser, server, options)
        await page.evaluate(AXE)
        for (const view of VIEWS) {
          await page.evaluate(`location.hash = '#/${view}'`)
          if (view === '') await shows(page, '#plot-connections .legend', /private/)
          if (view === 'rooms') await page.click('#rooms-table button.link')
          if (view === 'rooms') await shows(page, '#the-room-members', /alice/)
          if (view === 'games') await page.click('#games-table tr[data-key="field"] button')
          if (view === 'games') await page.click(`#game-rooms-table tr[data-key="${field}"] button`)
          if (view === 'games') await page.click('#play-state li:has-text("units") > .line')
          if (view === 'games') await shows(page, '#entries-table', /TOO_FAR/)
          if (view === 'players') await page.click('#connections-table button.link')
          if (view === 'players') await shows(page, '#player-purchases', /sword/)
          if (view === 'goods') await shows(page, '#goods-table', /sword/)
          if (view === 'node') await shows(page, '#settings-table', /NODE_ID/)
          t.strictSame(await offences(page), [], `the view ${view || 'overview'}`)
          t.equal(
            await page.evaluate('document.documentElement.scrollWidth'),
            width,
            'nothing is wider than the screen',
          )
        }
        await page.evaluate(`location.hash = '#/players'`)
        await page.click('#player-credit')
        t.strictSame(await offences(page), [], 'a dialog')
        await page.keyboard.press('Escape')
        await page.click('#player-kick')
        t.strictSame(await offences(page), [], 'a dialog that warns')
        t.strictSame(wrong, [])
      })
    }
  }

  await t.test('with keys alone: tabs, the skip link, and dialogs', async (t) => {
    const { page } = await openConsole(t, browser, server, { adminToken: server.adminToken })
    const focused = (what: string) => page.evaluate(`document.activeElement.${what}`)
    await page.focus('#tab-overview')
    for (const [key, id, view] of [
      ['ArrowRight', 'tab-rooms', 'view-rooms'],
      ['End', 'tab-playground', 'view-playground'],
      ['ArrowRight', 'tab-overview', 'view-overview'],
      ['ArrowLeft', 'tab-playground', 'view-playground'],
      ['Home', 'tab-overview', 'view-overview'],
      ['ArrowRight', 'tab-rooms', 'view-rooms'],
      ['ArrowRight', 'tab-games', 'view-games'],
    ] as const) {
      await page.keyboard.press(key)
      await page.locator(`#${view}`).waitFor()
      t.equal(await focused('id'), id)
      t.equal(await page.getAttribute(`#${id}`, 'aria-selected'), 'true')
      t.equal(await page.locator('[role="tabpanel"]:visible').count(), 1)
    }
    t.equal(await page.evaluate('location.hash'), '#/games', 'the address is of the view')
    t.equal(await page.locator('[role="tab"][tabindex="0"]').count(), 1, 'the tab list is one stop')
    t.not(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`), 'none', 'the focus is seen')
    await page.goBack()
    await page.locator('#view-rooms').waitFor()
    await page.reload()
    await page.locator('#view-rooms').waitFor()
    t.match(await page.title(), /^Rooms/)

    await page.keyboard.press('Tab')
    t.equal(await focused('id'), 'skip')
    await page.keyboard.press('Enter')
    t.equal(await focused('id'), 'view-rooms')
    t.equal(await page.evaluate('location.hash'), '#/rooms')
    await page.keyboard.press('Tab')
    t.equal(await focused('id'), 'rooms-make', 'one goes on from there')
    await page.keyboard.press('Enter')
    await page.locator('dialog').waitFor()
    t.equal(await focused('name'), 'room_id')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    t.equal(await focused('id'), 'rooms-make', 'and is back where one was')
  })
})
