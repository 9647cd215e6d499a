import t from 'tap'
import { LOG_LEVELS, LOG_PARTS } from '../../../src/protocol/log-levels.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openClient } from '../../helpers/client.ts'
import { answerDialog, enterToken, openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

t.test('the operator’s tools of the console', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const browser = await openChromium(t)
  const open = (view: string) => openConsole(t, browser, server, { view, adminToken: server.adminToken })
  const connect = async (user: string) => {
    const client = await openClient(server, { token: server.mint(user) })
    t.teardown(() => client.terminate())
    return client
  }

  await t.test('the admin token stays in the tab, and without the right one the view says so', async (t) => {
    const { page } = await openConsole(t, browser, server, { view: 'rooms' })
    await shows(page, '#rooms-status', /AUTH_REQUIRED: enter the admin token/)
    await enterToken(page, 'not-the-admin-token')
    await shows(page, '#rooms-status', /TOKEN_INVALID: this is not the admin token/)
    await page.click('#token-forget')
    await enterToken(page, server.adminToken)
    t.ok(await until(async () => (await page.textContent('#rooms-status')) === ''), 'it was let in')
    await shows(page, '#rooms-table', /There are no rooms/)
    const kept = await page.evaluate(`({ local: { ...localStorage }, cookie: document.cookie,
      session: Object.values(sessionStorage), page: document.documentElement.outerHTML, address: location.href })`)
    const { local, cookie, session, ...shown } = kept as Record<string, unknown>
    t.strictSame({ local, cookie, session }, { local: {}, cookie: '', session: [server.adminToken] })
    t.notMatch(JSON.stringify(shown), server.adminToken)
    await page.click('#token-forget')
    t.strictSame(await page.evaluate('Object.values(sessionStorage)'), [])
    await shows(page, '#rooms-status', /AUTH_REQUIRED/)
  })

  await t.test('a room is made, looked into, spoken to and deleted', async (t) => {
    const { page, wrong } = await open('rooms')
    await page.click('#rooms-make')
    await answerDialog(page, { room_id: 'hall', capacity: '7', delivery: 'latest' })
    await shows(page, '#the-room-outcome', /Room hall was made/)
    t.match(await server.admin('GET', '/api/v1/rooms/hall'), { capacity: 7, delivery: 'latest', namespace: 'private' })
    const client = await connect('mia')
    await client.request('core.game.room.join', { room_id: 'hall' })
    await shows(page, '#the-room-members', /mia/)
    await shows(page, '#rooms-table tr[data-key="hall"]', /hall\s*private\s*1\s*7/)

    await page.click('#the-room-broadcast')
    await page.check('dialog [name="retain"]')
    await answerDialog(page, { message: '{"door":"open"}' })
    await shows(page, '#the-room-outcome', /Broadcast at offset \d+/)
    await shows(page, '#the-room-state', /"door": "open"/)
    const event = await client.next(({ eventType }) => eventType === 'core.game.state.broadcast')
    t.match(event, { room: 'hall', payload: { message: { door: 'open' } } })

    await page.click('#the-room-delete')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    t.match(await server.admin('GET', '/api/v1/rooms/hall'), { room_id: 'hall' }, 'Escape lets it be')
    await page.click('#the-room-delete')
    await answerDialog(page)
    await shows(page, '#the-room-outcome', /Room hall was deleted/)
    await t.rejects(server.admin('GET', '/api/v1/rooms/hall'), /ROOM_NOT_FOUND/)
    await shows(page, '#rooms-table', /There are no rooms/)
    t.strictSame(wrong, [])
  })

  await t.test('lists are turned by page', async (t) => {
    const names = Array.from({ length: 53 }, (_, i) => `page-${String(i).padStart(2, '0')}`)
    for (const room_id of names) await server.admin('POST', '/api/v1/rooms', { room_id, namespace: 'private' })
    const { page } = await open('rooms')
    await shows(page, '#rooms-list .pager', /1 to 50/)
    await page.click('#rooms-list .pager >> text=Next')
    await shows(page, '#rooms-list .pager', /51 to 53/)
    t.equal(await page.locator('#rooms-table tbody tr').count(), 3)
    await page.click('#rooms-list .pager >> text=Previous')
    await shows(page, '#rooms-table', /page-00/)
    for (const name of names) await server.admin('DELETE', `/api/v1/rooms/${name}`)
  })

  await t.test('a player is credited once, written to, refunded and kicked', async (t) => {
    const client = await connect('zoe')
    const other = await connect('zoe')
    const { page, wrong } = await open('players')
    await page.click('#connections-table tr:has-text("zoe") button.link')
    await shows(page, '#player-title', /Player zoe/)

    await page.click('#player-credit')
    await answerDialog(page, { currency: 'no such', amount: '5' })
    await shows(page, 'dialog .outcome', /BAD_REQUEST: .*currency/)
    wrong.length = 0 // a 400 is an error for the browser's console
    await answerDialog(page, { currency: 'gold', amount: '1500' })
    await shows(page, '#player-outcome', /zoe was credited 1,500 gold/)
    t.match(await server.admin('GET', '/api/v1/players/zoe'), { balances: { gold: 1500 } })
    await shows(page, '#player-facts', /1,500 gold/)

    await page.click('#player-message')
    await answerDialog(page, { text: 'see <b>me</b>' })
    await shows(page, '#player-outcome', /Delivered to 2 connections/)
    const event = await client.next(({ eventType }) => eventType === 'core.game.state.send_message')
    t.match(event, { payload: { text: 'see <b>me</b>' } })

    await client.request('core.game.state.buy_good', { good_id: 'sword', count: 2 })
    await shows(page, '#player-facts', /1,300 gold.*2 sword/)
    await page.click('#player-purchases tr:has-text("sword") >> text=Refund')
    await answerDialog(page)
    await shows(page, '#player-outcome', /Refunded 200 gold/)
    t.match(await server.admin('GET', '/api/v1/players/zoe'), { balances: { gold: 1500 } })
    await page.click('#player-purchases tr:has-text("sword") >> text=Refund')
    await answerDialog(page)
    await shows(page, 'dialog .outcome', /CONFLICT/)
    await page.keyboard.press('Escape')
    wrong.length = 0

    const id = String((other.ready as { connection_id?: string }).connection_id)
    await page.click(`#player-connections tr[data-key="${id}"] >> text=Kick`)
    await answerDialog(page)
    t.match(await other.closed, { code: 4502 })
    t.notOk(client.isClosed)
    await page.click('#player-kick')
    await answerDialog(page)
    t.match(await client.closed, { code: 4502 })
    await shows(page, '#player-outcome', /1 connection of zoe closed/)
    await shows(page, '#player-connections', /Not connected/)
    t.ok(await page.isDisabled('#player-kick'))
    t.strictSame(wrong, [])
    await page.click('#token-forget')
    await shows(page, '#players-status', /AUTH_REQUIRED/)
    t.ok(await page.isHidden('#player'), 'without the token nothing of it is left')
    t.notMatch(await page.textContent('#view-players'), /zoe/)
  })

  await t.test('a good is restocked and gets another price', async (t) => {
    const { page, wrong } = await open('goods')
    const bow = { name: 'Bow', price: 30, currency: 'gold', stock: 4 }
    await server.admin('PUT', '/api/v1/goods/bow', bow)
    await page.click('#goods-table tr[data-key="bow"] >> text=Restock')
    await answerDialog(page, { count: '6' })
    await shows(page, '#goods-outcome', /Bow: 10 in stock/)
    await page.click('#goods-table tr[data-key="bow"] >> text=Price')
    await answerDialog(page, { price: '45' })
    await shows(page, '#goods-outcome', /Bow costs 45 gold/)
    t.match(await server.admin('GET', '/api/v1/goods/bow'), { price: 45, stock: 10 })
    await shows(page, '#goods-table tr[data-key="bow"]', /45 gold\s*10/)
    t.ok(await page.isHidden('#goods-table tr[data-key="sword"] >> text=Restock'), 'what is unlimited has no stock')
    t.strictSame(wrong, [])
  })

  await t.test('the tail follows the log, and what is asked for only', async (t) => {
    const { page, wrong } = await open('tail')
    const say = (room: string, message: string) =>
      server.admin('POST', '/api/v1/broadcast', { namespace: 'private', room, message })
    await server.admin('POST', '/api/v1/rooms', { room_id: 'den', namespace: 'private' })
    await say('den', 'before it began')
    const rows = (text: string) => page.locator('#tail tr', { hasText: text }).count()
    const talk = setInterval(() => void say('den', 'all along'), 200)
    t.teardown(() => clearInterval(talk))
    await shows(page, '#tail', /all along/)
    clearInterval(talk)
    await page.fill('#tail-channel', 'den')
    await page.fill('#tail-type', 'state.broadcast')
    await page.selectOption('#tail-start', 'held')
    await page.click('#tail-form button')
    await shows(page, '#tail', /before it began/)
    await page.selectOption('#tail-start', 'now')
    await page.click('#tail-form button')
    const eve = await connect('eve')
    await eve.request('core.game.room.join', { room_id: 'den' })
    await eve.request('core.game.room.join', { room_id: 'elsewhere' })
    await page.fill('#tail-sender', 'eve')
    await page.click('#tail-form button')
    await page.waitForTimeout(2_500) // until it has seen where the log ends
    const broadcast = (room: string, message: string) => eve.request('core.game.state.broadcast', { message }, { room })
    await broadcast('elsewhere', 'in another room')
    await say('den', 'by the server')
    await eve.request('core.game.state.send_message', { target_user_id: 'eve', text: 'of another type' })
    await broadcast('den', 'wanted')
    await shows(page, '#tail tr', /wanted/)
    t.equal(await page.locator('#tail tr').count(), 1, 'one event is of that room, type and sender')
    t.equal(await rows('all along'), 0)
    t.strictSame(wrong, [])
  })

  await t.test('the node tells what it is, logs more for a while, and is reloaded', async (t) => {
    const { page, wrong } = await open('node')
    await shows(page, '#ready-table', /cluster\s*ok\s*only this node: n1/)
    await shows(page, '#processes-table', /primary.*worker-1.*worker-2/)
    await shows(page, '#settings-table', /history_ttl/i)
    await page.fill('#settings-filter', 'history_ttl')
    t.equal(await page.locator('#settings-table tbody tr').count(), 1)
    t.notMatch(await page.textContent('#settings-table'), /tests/)

    await page.click('#log-level')
    const options = (name: string) => page.locator(`dialog [name="${name}"] option`).allTextContents()
    t.strictSame(await options('part'), LOG_PARTS)
    t.strictSame(await options('level'), LOG_LEVELS)
    await answerDialog(page, { part: 'http', level: 'debug', minutes: '1' })
    await shows(page, '#node-outcome', /http logs at debug until/)
    t.ok(await until(() => server.logs().some(({ msg }) => msg === 'request answered')))

    await page.click('#reload')
    t.match(await page.evaluate('document.activeElement.textContent'), 'Cancel', 'not one key away')
    await answerDialog(page)
    await shows(page, '#node-outcome', /Workers are being replaced.*changed: none/)
    const replaced = () => server.logs().some(({ msg }) => msg === 'all workers were replaced')
    t.ok(await until(replaced))
    await shows(page, '#processes-table', /worker-4/)
    t.strictSame(wrong, [])
  })
})

t.test('a node that is not ready says in the console what is not', { skip: NO_CHROMIUM }, async (t) => {
  const nowhere = { AUTH_JWT_SECRET: '', AUTH_JWKS_URL: 'http://127.0.0.1:9/jwks.json' }
  const server = await startServer(t, nowhere)
  const browser = await openChromium(t)
  const { page } = await openConsole(t, browser, server, { view: 'node', adminToken: server.adminToken })
  await shows(page, '#ready-table tr[data-key="keys"]', /not ok\s*no key set could be read yet/)
  await shows(page, '#ready-table tr[data-key="store"]', /ok/)
  t.equal(await page.textContent('#ready-status'), '')
  await page.click('#tab-overview')
  await shows(page, '#node-facts dd.bad', /not read yet/)
})
