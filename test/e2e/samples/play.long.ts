/** The pages of the samples in Chromium, with a real server: two tabs play, a bot comes, the server is started anew under a match. */
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { connect, type GameRoom, type TypesIn } from '../../../src/client/index.ts'
import type arena from '../../../src/samples/arena.ts'
import { AXE, offences } from '../../helpers/axe.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { shows } from '../../helpers/console.ts'
import { startServer, type Owner, type TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

type Sample = 'arena' | 'tictactoe'
type ArenaRoom = GameRoom<TypesIn<typeof arena>>
const SCHEMES = ['light', 'dark'] as const
const WIDTHS = [1280, 360] as const
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
const { SHOTS } = process.env

class Tab {
  readonly page: Page
  /** Errors that were thrown or written to the browser's console, what the content security policy forbids among them. */
  readonly wrong: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.wrong.push(error.message))
    page.on('console', (message) => message.type() === 'error' && this.wrong.push(message.text()))
  }

  static async open(context: BrowserContext, server: TestServer, sample: Sample | ''): Promise<Tab> {
    const tab = new Tab(await context.newPage())
    await tab.page.goto(`${server.url}/play/${sample}`)
    return tab
  }

  /** @param token of a player who has an account; without it, a guest */
  async play(name = '', token = ''): Promise<void> {
    if (await this.page.isVisible('#name')) await this.page.fill('#name', name)
    if (token !== '') await this.login(token)
    await this.page.click('#play')
    await this.page.locator('#panel').waitFor({ state: 'hidden' })
  }

  async login(token: string): Promise<void> {
    if (!(await this.page.isVisible('#token'))) await this.page.click('summary')
    await this.page.fill('#token', token)
  }

  shows(selector: string, text: RegExp): Promise<string> {
    return shows(this.page, selector, text)
  }

  /** Keeps all that is told from now on, however short it is there. */
  async listen(): Promise<void> {
    await this.page.evaluate(`globalThis.told = []
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const { data } of addedNodes) told.push(data)
      })
        .observe(document.getElementById('notice'), { childList: true })`)
  }

  told(): Promise<readonly string[]> {
    return this.page.evaluate<readonly string[]>('told')
  }

  /** The tab ends without a word. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    const session = await this.page.context().newCDPSession(this.page)
    session.send('Page.crash').catch(() => {}) // there is nobody left to answer
    await crashed
  }

  /** To be looked at by a person: `SHOTS=folder`. */
  async shoot(name: string): Promise<void> {
    if (SHOTS) await this.page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }
}

async function profile(owner: Owner, browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  owner.teardown(() => context.close())
  return context
}

/** Somebody who watches the only arena that there is. */
async function watch(owner: Owner, server: TestServer): Promise<ArenaRoom> {
  const client = await connect({ url: server.url, namespace: 'public' })
  owner.teardown(() => client.close())
  const { rooms } = await client.request('core.game.room.list', { game: 'arena' })
  return client.enter<typeof arena>(String(rooms[0]?.room_id), { as: 'spectator' })
}

function shipOf({ state }: ArenaRoom, name: string) {
  const ship = Object.values(state.ships).find((ship) => ship.name === name)
  if (!ship) throw new Error(`no ship of ${name}`)
  return ship
}

/** Holds the keys that bring the ship of `name` in front of the other, and shoots, until it has so many points. */
async function hunt(t: Test, tab: Tab, room: ArenaRoom, name: string, other: string, points: number): Promise<void> {
  const { keyboard } = tab.page
  let held = ''
  const hold = async (key: string) => {
    if (key === held) return
    if (held !== '') await keyboard.up(held)
    if (key !== '') await keyboard.down(key)
    held = key
  }
  await keyboard.down('Space')
  const isDone = async () => {
    const [own, target] = [shipOf(room, name), shipOf(room, other)]
    const [x, y] = [target.x - own.x, target.y - own.y]
    if (Math.abs(x) > 8) await hold(x > 0 ? 'ArrowRight' : 'ArrowLeft')
    else await hold(y > 0 ? 'KeyS' : 'KeyW')
    return own.score >= points
  }
  t.ok(await until(isDone), `${name} has ${points}`)
  await hold('')
  await keyboard.up('Space')
}

t.test('the samples in Chromium', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '1' })
  const browser = await openChromium(t)
  const twoTabs = async (sample: Sample) => {
    const context = await profile(t, browser)
    return [await Tab.open(context, server, sample), await Tab.open(context, server, sample)] as const
  }
  const isForEverybody = async (sample: Sample | '') => {
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        await t.test(`axe finds nothing serious: ${sample || 'the list'}, ${colorScheme}, ${width} px`, async (t) => {
          const viewport = { width, height: 800 }
          const phone = width === 360 ? PHONE : {}
          const tab = await Tab.open(await profile(t, browser, { ...phone, viewport, colorScheme }), server, sample)
          const { page } = tab
          await page.evaluate(AXE)
          const check = async (when: string) => {
            t.strictSame(await offences(page), [], when)
            const wide = await page.evaluate('document.documentElement.scrollWidth')
            t.equal(wide, width, `${when}: nothing is wider than the screen`)
            const hidden =
              "[...document.querySelectorAll('#panel')].map((panel) => panel.scrollHeight - panel.clientHeight)"
            t.strictSame(await page.evaluate(hidden), sample === '' ? [] : [0], `${when}: all of the panel is seen`)
            await tab.shoot(`${sample || 'list'}-${colorScheme}-${width}-${when}`)
          }
          await check('start')
          if (sample !== '') {
            const hasShop = sample === 'arena'
            if (hasShop) {
              await tab.login(server.mint(`buyer-${colorScheme}-${width}`))
              await check('account')
            }
            const stage = () => page.locator('.stage').boundingBox()
            const place = await stage()
            await tab.play('A name of sixteen'.slice(0, 16))
            await tab.shows(hasShop ? '#scores' : '#player-x', /A name of sixtee/)
            if (hasShop) {
              await page.click('#buy')
              await tab.shows('#shop', /^Not enough money/)
              t.strictSame(await stage(), place, 'the field stays where it is')
              t.notOk(await page.isVisible('#token'))
            }
            await check('match')
            const { items } = (await server.admin('GET', `/api/v1/rooms?game=${sample}`)) as {
              readonly items: readonly { readonly room_id: string }[]
            }
            for (const { room_id } of items) await server.admin('DELETE', `/api/v1/rooms/${room_id}`)
            await tab.shows('#panel-title', /ended/)
            await check('end')
          }
          t.strictSame(tab.wrong, [])
        })
      }
    }
  }

  const [ann, bob] = await twoTabs('arena')

  await t.test('what is printed at the start leads to them', async (t) => {
    const [, address = ''] = /Play +(\S+) +\(in two tabs\)/.exec(server.output()) ?? []
    const { page, wrong } = await Tab.open(await profile(t, browser), server, '')
    await page.goto(address)
    await page.click('a[href="arena/"]')
    await shows(page, 'h1', /Arena/)
    await page.click('header a')
    await page.click('a[href="tictactoe/"]')
    await shows(page, 'h1', /Tic-tac-toe/)
    t.strictSame(wrong, [])
  })

  await t.test('nothing can be clicked before the scripts of a page are there', async (t) => {
    const context = await profile(t, browser)
    for (const [path, script, outOfUse] of [
      ['/play/tictactoe/', 'match.js', '#play:disabled'],
      ['/', 'console.js', '[inert] #token-entry button[type=submit]'],
    ] as const) {
      const page = await context.newPage()
      const gate = Promise.withResolvers<void>()
      await page.route(`**/${script}`, async (route) => {
        await gate.promise
        await route.continue()
      })
      await page.goto(`${server.url}${path}`, { waitUntil: 'commit' })
      await page.locator(outOfUse).waitFor()
      gate.resolve()
      await page.waitForLoadState()
      t.equal(await page.locator(outOfUse).count(), 0, path)
      await page.close()
    }
  })

  const gwen = await Tab.open(await profile(t, browser), server, 'arena')

  await t.test('who has an account buys a golden ship while playing, and the others see it', async (t) => {
    await gwen.page.fill('#name', 'Gwen')
    await gwen.login('no token')
    await gwen.page.click('#play')
    await gwen.shows('#panel-title', /There is no match/)
    await gwen.shows('#panel-lines', /the token is no JWT/i)
    await gwen.play('', server.mint('gwen'))
    const hal = await Tab.open(await profile(t, browser), server, 'arena')
    await hal.play('Hal', server.mint('hal'))
    await hal.shows('#scores', /Gwen.*Hal|Hal.*Gwen/)
    await gwen.shows('#buy', /^Golden ship: 50 gold$/)
    await gwen.page.click('#buy')
    await gwen.shows('#shop', /^Not enough money: you have 0 of 50\.$/)
    const credit = { currency: 'gold', amount: 60, idempotency_key: 'a-gift-for-gwen--' }
    await server.admin('POST', '/api/v1/players/gwen/credit', credit)
    await gwen.page.click('#buy')
    await gwen.shows('#shop', /^Your ship is golden\. You have 10 gold left\.$/)
    await gwen.page.locator('#buy').waitFor({ state: 'hidden' })
    await gwen.shows('#scores', /Gwen \(you\) \(golden ship\)/)
    await hal.shows('#scores', /Gwen \(golden ship\)/)
    t.equal(await hal.page.locator('[data-golden="true"]').count(), 1)
    t.ok(await hal.page.isVisible('#buy'), 'it is sold to each')
    await hal.shoot('arena-golden')
    t.strictSame([...gwen.wrong, ...hal.wrong], [])
    await hal.crash()
    await gwen.shows('#scores', /Hal \(away\)/)
    await gwen.shoot('arena-away')
  })

  await t.test('guests have no money, and nothing is sold to them', async (t) => {
    const tab = await Tab.open(await profile(t, browser), server, 'arena')
    await tab.play('Guest')
    await tab.shows('#scores', /Guest/)
    t.notOk(await tab.page.isVisible('#buy'))
    t.equal(await tab.page.textContent('#shop'), '')
    await tab.page.goto('about:blank')
    t.strictSame(tab.wrong, [])
  })

  await t.test('two tabs play the arena against each other', async (t) => {
    await ann.play('Ann')
    await bob.play('Bob <b>')
    for (const tab of [ann, bob]) {
      await tab.shows('#scores', /Ann.*0/)
      await tab.shows('#time', /First to 10 · 1:\d\d/)
    }
    await ann.shows('#scores', /Ann \(you\).*Bob <b>/)
    await bob.shows('#scores', /Bob <b> \(you\)/)
    t.equal(await bob.page.locator('#scores .who b').count(), 0, 'what others type is text')
    const room = await watch(t, server)
    await hunt(t, ann, room, 'Ann', 'Bob <b>', 1)
    await ann.shoot('arena-match')
    for (const tab of [ann, bob]) await tab.shows('#scores', /Ann( \(you\))?[1-9]/)
    t.ok(await until(() => !shipOf(room, 'Ann').isMoving), 'who lets go stands still')
    t.strictSame([...ann.wrong, ...bob.wrong], [])
  })

  await t.test(
    'the process that runs the match ends, then the connection: both are told, and it goes on',
    async (t) => {
      await Promise.all([ann.listen(), bob.listen()])
      const wasTold = (text: RegExp) =>
        until(
          async () =>
            (await ann.told()).some((one) => text.test(one)) && (await bob.told()).some((one) => text.test(one)),
        )
      const kill = (msg: string) =>
        process.kill(Number(server.logs().find((line) => line['msg'] === msg)?.['pid']), 'SIGKILL')
      kill('host ready')
      t.ok(await wasTold(/^The match was restarted, and goes on\.$/))
      kill('worker ready')
      t.ok(await wasTold(/^The connection is lost\. Trying again in \d+ s…$/))
      for (const tab of [ann, bob]) t.ok(await until(async () => (await tab.page.textContent('#notice')) === ''))
      for (const tab of [ann, bob]) await tab.shows('#scores', /Ann( \(you\))?[1-9]/)
      const room = await watch(t, server)
      await bob.page.keyboard.down('KeyD')
      t.ok(await until(() => shipOf(room, 'Bob <b>').isMoving), 'and the ship is steered as before')
      await bob.page.keyboard.up('KeyD')
    },
  )

  await t.test('two tabs play tictactoe to its end, and again', async (t) => {
    const [ann, bob] = await twoTabs('tictactoe')
    const cell = (tab: Tab, number: number) => tab.page.locator(`#board button:nth-child(${number})`)
    const place = async (tab: Tab, number: number, label: RegExp) => {
      await cell(tab, number).click()
      for (const both of [ann, bob]) {
        t.ok(await until(async () => label.test((await cell(both, number).getAttribute('aria-label')) ?? '')))
      }
    }
    await ann.play('Ann')
    await ann.shows('#hint', /Waiting/)
    await bob.play('Bob')
    await bob.shows('#hint', /It is the turn of Ann/)
    await ann.shows('#hint', /It is your turn/)
    await ann.shows('#time', /^\d+ s$/)
    await cell(bob, 1).click()
    await bob.shows('#notice', /It is the turn of the other player/)
    await place(ann, 5, /Row 2, column 2: x/)
    await place(bob, 1, /Row 1, column 1: o/)
    // With keys: from the middle one to the right, and one up.
    await cell(ann, 5).focus()
    for (const key of ['ArrowRight', 'ArrowUp', 'Enter']) await ann.page.keyboard.press(key)
    await bob.shows('#hint', /It is your turn/)
    await place(bob, 2, /o/)
    await place(ann, 7, /Row 3, column 1: x/)
    await ann.shows('#panel-title', /You have won!/)
    await bob.shows('#panel-title', /Ann has won/)
    t.equal(await ann.page.locator('[data-won="true"]').count(), 3)
    await ann.shoot('tictactoe-end')
    await Promise.all([ann.play(), bob.play()])
    for (const tab of [ann, bob]) await tab.shows('#hint', /turn/)
    await bob.page.goto('about:blank')
    await ann.shows('#panel-title', /You have won!/)
    await ann.shows('#panel-lines', /The other player has left/)
    t.strictSame([...ann.wrong, ...bob.wrong], [])
  })

  // While the match in the arena goes on.
  await isForEverybody('')
  await isForEverybody('tictactoe')

  await t.test('the match in the arena comes to its end, with a result', async (t) => {
    // It takes 90 seconds.
    t.ok(await until(async () => !/1:|0:[3-9]/.test((await ann.page.textContent('#time')) ?? '')))
    // Bots play, too, so it is not known who wins.
    const ends: string[][] = []
    for (const tab of [ann, bob]) {
      await tab.shows('#panel-title', /won|draw/)
      ends.push(await tab.page.locator('#panel-lines li').allTextContents())
    }
    t.strictSame(ends[0], ends[1])
    t.match(ends[0]?.toSorted(), [/^Ann: [1-9]/, /^Bob <b>: \d/, /^Bot 3: \d/, /^Bot 4: \d/])
    await ann.shoot('arena-end')
    await bob.page.goto('about:blank')
    await ann.play()
    await ann.shows('#scores', /Ann \(you\).*0/)
    await ann.shows('#scores', /Bot/)
    await ann.page.goto('about:blank')
  })

  await t.test('the match has paid, and the ship is golden in the next one', async (t) => {
    await gwen.shows('#panel-title', /won|draw/)
    const said = await gwen.shows('#shop', /^The match has paid \d+ gold\. You have \d+\.$/)
    const [paid, balance] = [...said.matchAll(/\d+/g)].map(Number)
    t.equal(balance, 10 + (paid ?? NaN))
    t.match(await server.admin('GET', '/api/v1/players/gwen'), { balances: { gold: balance } })
    await gwen.shoot('arena-paid')
    await gwen.play()
    await gwen.shows('#scores', /Gwen \(you\) \(golden ship\)/)
    await gwen.shows('#shop', new RegExp(`^You have ${balance} gold\\.$`))
    t.notOk(await gwen.page.isVisible('#buy'))
    await gwen.page.goto('about:blank')
  })

  await t.test('on a phone thumbs steer and shoot, and a match that is ended from outside is said', async (t) => {
    const context = await profile(t, browser, { ...PHONE, colorScheme: 'dark' })
    const { page, ...tab } = await Tab.open(context, server, 'arena')
    await page.tap('#play')
    await shows(page, '#scores', /Bot/)
    const room = await watch(t, server)
    const touch = await context.newCDPSession(page)
    const [stick, fire] = await Promise.all(['#stick', '#fire'].map((id) => page.locator(id).boundingBox()))
    const middle = (box: typeof stick) => ({ x: (box?.x ?? 0) + 50, y: (box?.y ?? 0) + 50 })
    const send = (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      ...touchPoints: { x: number; y: number; id: number }[]
    ) => touch.send('Input.dispatchTouchEvent', { type, touchPoints })
    const thumb = { ...middle(stick), id: 1 }
    await send('touchStart', thumb)
    await send('touchMove', { ...thumb, x: thumb.x + 40 })
    const own = () => Object.values(room.state.ships).find(({ name }) => name.startsWith('Player'))
    t.ok(await until(() => own()?.isMoving === true && own()?.dx === 127 && own()?.dy === 0))
    await send('touchStart', { ...thumb, x: thumb.x + 40 }, { ...middle(fire), id: 2 })
    t.ok(await until(() => Object.values(room.state.shots).some(({ color }) => color === own()?.color)))
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'arena-phone.png') })
    await send('touchEnd')
    t.ok(await until(() => own()?.isMoving === false))
    await server.admin('DELETE', `/api/v1/rooms/${room.id}`)
    await shows(page, '#panel-title', /The match was ended/)
    t.strictSame(tab.wrong, [])
  })

  await isForEverybody('arena')

  await t.test('a server that is started anew goes on with the match, and the player is in it', async (t) => {
    const tab = await Tab.open(await profile(t, browser), server, 'arena')
    await tab.play('Ann')
    await tab.shows('#scores', /Ann \(you\)/)
    await tab.listen()
    const room = await watch(t, server)
    await server.restart()
    const isTold = async () => (await tab.told()).some((one) => one.startsWith('The connection is lost'))
    t.ok(await until(isTold))
    t.ok(await until(async () => (await tab.page.textContent('#notice')) === ''))
    await tab.shows('#scores', /Ann \(you\)/)
    t.equal((await watch(t, server)).id, room.id)
    await tab.page.keyboard.down('KeyD')
    const again = await watch(t, server)
    t.ok(await until(() => shipOf(again, 'Ann').isMoving), 'and the ship is steered as before')
    await tab.page.keyboard.up('KeyD')
  })
})
