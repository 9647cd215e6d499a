/** The console's view of games, and of a room as it is played. */
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { SAMPLES } from '../../../src/config/samples.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { answerDialog, enterToken, openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const JOIN = 'core.game.room.join'
const INPUT = 'core.game.room.input'
/** A row of the tree, below those in front of it. */
const row = (...keys: string[]) =>
  ['#play-state', ...keys.map((key) => `li:has(> .line > .key:text-is("${key}"))`)].join(' ')
const line = (...keys: string[]) => `${row(...keys)} > .line`

t.test('games in the console', { skip: NO_CHROMIUM }, async (t) => {
  const GAMES = `${SAMPLES},${import.meta.dirname}/field-game.ts`
  const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '1', GAMES })
  const browser = await openChromium(t)
  const make = async (units: number) => {
    const body = { namespace: 'private', game: 'field', options: { map: 'hills', units } }
    return ((await server.admin('POST', '/api/v1/rooms', body)) as { readonly room_id: string }).room_id
  }
  const open = (place = '') => {
    const view = `games${place === '' ? '' : `/${place}`}`
    return openConsole(t, browser, server, { view, adminToken: server.adminToken })
  }
  const enter = async (t: Test, user: string, room: string): Promise<TestClient> => {
    const client = await openClient(server, { token: server.mint(user) })
    t.teardown(() => client.terminate())
    await client.request(JOIN, { room_id: room })
    return client
  }
  const fire = (client: TestClient, room: string, x: number) =>
    client.request(INPUT, { name: 'fire', input: { x, y: 1 } }, { room })

  await t.test('games, their rooms, and hosts are listed; a room is opened, and has an address', async (t) => {
    const [room, other] = [await make(3), await make(3)]
    await enter(t, 'ann', room)
    const { page, wrong } = await open('field')
    await shows(page, '#games-table tr[data-key="field"]', /20 Hz\s*2 to 4\s*2\s*1\s*0\s*0/)
    await shows(page, '#games-table', /\{ map: "plain" \| "hills", units\?: uint16 \}/)
    t.equal(
      await page.locator('#games-table tr[data-key="field"] a[href]').count(),
      0,
      'it has no page to be played on',
    )
    await shows(page, `#game-rooms-table tr[data-key="${room}"]`, /1 of 4.*\{ phase: "play", players: 1 \}/)
    await shows(page, '#hosts-table tr[data-key="host-1"]', /%.*MB.*MB/)
    await shows(page, '#games-facts', /Hosts1 of 1Rooms2/)
    for (const id of ['tick-time', 'lateness', 'ticks', 'host-cpu', 'host-memory']) {
      const described = () => page.getAttribute(`#plot-${id} .canvas`, 'aria-label')
      const isKnown = /: .*(ms|\/s|%|MB)/
      t.ok(await until(async () => isKnown.test((await described()) ?? '')), `${id}: ${await described()}`)
    }
    await page.click(`#game-rooms-table tr[data-key="${room}"] button`)
    await shows(page, '#play-title', new RegExp(`Room ${room}`))
    await shows(page, '#seats-table', /ann\s*player\s*connected/)
    t.equal(await page.evaluate('location.hash'), `#/games/${room}`)
    await page.click(`#game-rooms-table tr[data-key="${other}"] button`)
    await shows(page, '#seats-table', /Nobody has a seat/)
    await page.goBack()
    await shows(page, '#seats-table', /ann/)
    await page.click('#tab-node')
    await page.click('#tab-games')
    await shows(page, '#play-title', new RegExp(`Room ${room}`))
    await page.reload()
    await shows(page, '#seats-table', /ann/)
    t.strictSame(wrong, [])
    for (const one of [room, other]) await server.admin('DELETE', `/api/v1/rooms/${one}`)
  })

  await t.test('the samples are played from there', async (t) => {
    const { page, wrong } = await open()
    for (const name of ['arena', 'tictactoe']) {
      const link = page.locator(`#games-table tr[data-key="${name}"] a:text-is("Play")`)
      t.equal(await link.getAttribute('href'), `${server.url}/play/${name}/`)
      await link.click()
      await page.waitForURL(`**/play/${name}/`)
      t.match(await page.title(), new RegExp(name.slice(0, 3), 'i'))
      await page.goBack()
    }
    t.strictSame(wrong, [])
  })

  await t.test('the state goes on, what is open stays open, and of many entries some are shown', async (t) => {
    const room = await make(250)
    const bob = await enter(t, 'bob', room)
    const { page, wrong } = await open(room)
    await shows(page, row('map'), /"hills"/)
    await page.click(line('units'))
    t.equal(await page.locator(`${row('units')} > ul > li > [aria-expanded]`).count(), 100)
    await page.click(line('unit-7'))
    const x = () => page.textContent(`${line('unit-7', 'x')} .value`)
    const before = await x()
    await until(async () => (await x()) !== before)
    t.match(await page.textContent(`${line('unit-7')} .value`), /^\{4\}$/)
    await page.click('#play-state li:not([hidden]) > .more')
    t.equal(await page.locator(`${row('units')} > ul > li > [aria-expanded]`).count(), 200)
    await shows(page, '#play-state .more', /^50 more$/)

    await page.click(line('players'))
    await page.click(line('bob'))
    await shows(page, line('bob', 'log'), /\["joined"\]/)
    await bob.request('core.game.room.leave', { room_id: room })
    await page.locator(row('bob')).waitFor({ state: 'detached' })
    await enter(t, 'bob', room)
    await shows(page, line('bob', 'log'), /\["joined"\]/)
    await page.click(line('units'))
    await page.click(line('units'))
    t.equal(await page.getAttribute(line('unit-7'), 'aria-expanded'), 'true', 'also what was folded with its parent')

    await page.click('#play-pause')
    const reads = new Set<string>()
    page.on('request', (request) => void (request.url().includes('/play') && reads.add(request.url())))
    const paused = await x()
    const look = page.waitForResponse(/\/metrics/)
    await look
    await page.waitForResponse(/\/metrics/)
    t.equal(reads.size, 0, 'who is paused asks for nothing')
    t.equal(await x(), paused)
    await page.click('#play-pause')
    t.ok(await until(async () => (await x()) !== paused))
    t.strictSame(wrong, [])
    await server.admin('DELETE', `/api/v1/rooms/${room}`)
  })

  await t.test('the tree is one stop of the tab key, and goes by arrows', async (t) => {
    const room = await make(3)
    const { page } = await open(room)
    await shows(page, row('phase'), /play/)
    const current = () => page.evaluate('document.activeElement.querySelector(".key")?.textContent')
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
      return current()
    }
    await page.locator('#play-state [tabindex="0"]').focus()
    t.equal(await current(), 'phase')
    t.equal(await press('ArrowDown', 'ArrowDown'), 'units')
    t.equal(await press('ArrowRight', 'ArrowRight'), 'unit-0')
    t.equal(await press('Enter', 'ArrowDown'), 'x')
    t.equal(await press('ArrowUp', 'ArrowLeft', 'ArrowDown'), 'unit-1')
    t.equal(await press('ArrowLeft'), 'units')
    t.equal(await press('ArrowLeft', 'End'), 'players')
    t.equal(await press('Home', 'ArrowUp'), 'phase')
    t.equal(await page.locator('#play-state [tabindex="0"]').count(), 1)
    await press('End', 'ArrowRight')
    t.equal(await page.getAttribute(line('players'), 'aria-expanded'), null, 'what is empty cannot be opened')

    const cat = await enter(t, 'cat', room)
    await page.locator(line('players')).and(page.locator('[aria-expanded]')).waitFor()
    t.equal(await press('ArrowRight', 'ArrowRight'), 'cat')
    await cat.request('core.game.room.leave', { room_id: room })
    await page.locator(row('cat')).waitFor({ state: 'detached' })
    t.equal(await current(), 'players', 'whoever is on a row that goes is on the one above')
    await server.admin('DELETE', `/api/v1/rooms/${room}`)
  })

  await t.test('inputs, refusals and failures are shown as they come', async (t) => {
    const room = await make(3)
    const dan = await enter(t, 'dan', room)
    const { page, wrong } = await open(room)
    await fire(dan, room, 5)
    await fire(dan, room, 2_000)
    await fire(dan, room, -1)
    await dan.request(INPUT, { name: 'fail', input: {} }, { room })
    await shows(
      page,
      '#entries-table tbody tr:nth-child(1)',
      /dan\s*fail\s*\{\}\s*GAME_FAILED: on.fail of the game failed/,
    )
    await shows(page, '#entries-table tbody tr:nth-child(2)', /BAD_REQUEST: payload.input.x: /)
    await shows(page, '#entries-table tbody tr:nth-child(3)', /\{"x":2000,"y":1\}TOO_FAR: that is out of range/)
    await shows(page, '#entries-table tbody tr:nth-child(4)', /dan\s*fire\s*\{"x":5,"y":1\}\s*done/)
    t.equal(await page.locator('#entries-table tbody tr').count(), 5, 'the join is the first')
    await page.selectOption('#entries-which', 'failed')
    t.equal(await page.locator('#entries-table tbody tr').count(), 3)
    await shows(page, '#games-table tr[data-key="field"] td.bad', /^1$/)
    const failure = /field-game\.ts:\d+:\d+\s*on\.fail\s*Error: a mistake of the author\s*field:/
    await shows(page, '#failures-table tbody tr', failure)
    await page.click('#games-table tr[data-key="arena"] button')
    await page.locator('#failures').waitFor({ state: 'hidden' })
    await page.goBack()
    await shows(page, '#failures-table tbody tr', failure)
    t.strictSame(wrong, [])
    await server.admin('DELETE', `/api/v1/rooms/${room}`)
  })

  await t.test('a seat is kicked, a dropped one is seen to be held, and the room is ended', async (t) => {
    const room = await make(3)
    const [eve, fay] = [await enter(t, 'eve', room), await enter(t, 'fay', room)]
    const { page, wrong } = await open(room)
    fay.terminate()
    await shows(page, '#seats-table tr[data-key="fay"] .bad', /dropped, held for [1-5]?\d s/)
    await page.click('#seats-table tr[data-key="eve"] >> text=Kick')
    t.equal(await page.evaluate('document.activeElement.textContent'), 'Cancel', 'not one key away')
    await page.keyboard.press('Escape')
    t.match(await fire(eve, room, 1), { success: true }, 'Escape lets the seat be')
    await page.click('#seats-table tr[data-key="eve"] >> text=Kick')
    await answerDialog(page)
    await shows(page, '#play-outcome', /eve was kicked/)
    await page.locator('#seats-table tr[data-key="eve"]').waitFor({ state: 'detached' })
    t.match(await fire(eve, room, 1), { error: { code: 'NOT_IN_ROOM' } })
    await page.click('#play-end')
    await answerDialog(page)
    await shows(page, '#play-outcome', new RegExp(`Room ${room} was ended`))
    await shows(page, '#play-status', /This room is over/)
    t.ok(await page.isHidden('#play'))
    await page.locator(`#game-rooms-table tr[data-key="${room}"]`).waitFor({ state: 'detached' })
    await t.rejects(server.admin('GET', `/api/v1/rooms/${room}/play`), /ROOM_NOT_FOUND/)
    // A 404 is an error for the browser's console.
    t.strictSame(
      wrong.filter((text) => !text.includes('404')),
      [],
    )
  })

  await t.test('bots come in and go', async (t) => {
    const room = await make(3)
    await enter(t, 'hal', room)
    const { page, wrong } = await open(room)
    await shows(page, '#seats-table', /hal/)
    await page.click('#play-bot')
    t.strictSame(await page.locator('dialog [name="bot"] option').allTextContents(), ['calm', 'eager'])
    await answerDialog(page, { bot: 'eager' })
    await shows(page, '#play-outcome', /A bot \(eager\) has the seat bot-\d+/)
    const seat = '#seats-table tr:has-text("bot, eager")'
    await page.locator(seat).waitFor()
    await shows(page, '#entries-table', /bot-\d+\s*fire\s*\{"x":1,"y":2\}\s*done/)
    await shows(page, '#games-table tr[data-key="field"]', /1\s*1\s*1/)
    await page.click(`${seat} >> text=Remove`)
    await answerDialog(page)
    await shows(page, '#play-outcome', /bot-\d+ was removed/)
    await page.locator(seat).waitFor({ state: 'detached' })
    t.strictSame(wrong, [])
    await server.admin('DELETE', `/api/v1/rooms/${room}`)
  })

  await t.test('without the token nothing of a room is shown', async (t) => {
    const room = await make(3)
    await enter(t, 'gil', room)
    const { page } = await openConsole(t, browser, server, { view: `games/${room}` })
    await shows(page, '#games-status', /AUTH_REQUIRED/)
    await shows(page, '#play-status', /AUTH_REQUIRED/)
    await shows(page, '#hosts-table', /host-1/)
    await enterToken(page, server.adminToken)
    await shows(page, '#seats-table', /gil/)
    await page.click('#token-forget')
    await shows(page, '#play-status', /AUTH_REQUIRED/)
    t.ok(await isBare(page), 'nothing is left of it')
    await server.admin('DELETE', `/api/v1/rooms/${room}`)
  })
})

async function isBare(page: Page): Promise<boolean> {
  const text = (await page.textContent('#play-card')) ?? ''
  return !/gil|hills/.test(text) && (await page.isHidden('#play'))
}
