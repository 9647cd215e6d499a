import type { Page } from 'playwright-core'
import t from 'tap'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { openClient } from '../../helpers/client.ts'
import { openConsole, shows } from '../../helpers/console.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const updates = async (page: Page) => Number(await page.getAttribute('#plots', 'data-updates'))

/** Pixels of a plot that have the colour of its first series. */
const INKED = (id: string) => `(() => {
  const canvas = document.querySelector('#plot-${id} canvas')
  const line = document.querySelector('#plot-${id} .legend line.series-0')
  const wanted = getComputedStyle(line).stroke.match(/\\d+/g).map(Number)
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let inked = 0
  for (let i = 0; i < data.length; i += 4) {
    if (wanted.every((value, k) => Math.abs(data[i + k] - value) < 40) && data[i + 3] > 200) inked++
  }
  return inked
})()`

t.test('the plots of the console', { skip: NO_CHROMIUM }, async (t) => {
  const server = await startServer(t)
  const browser = await openChromium(t)

  await t.test('they get what the server does, a look a second, drawn and in words', async (t) => {
    const client = await openClient(server, { token: server.mint('alice') })
    const guest = await openClient(server)
    t.teardown(() => [client, guest].forEach((one) => one.terminate()))
    const { page, wrong } = await openConsole(t, browser, server)
    let asked = 0
    page.on('request', (request) => void (new URL(request.url()).pathname === '/metrics' && asked++))
    const talk = setInterval(() => {
      client.send({ eventType: 'core.game.room.join', payload: { room_id: 'arena' } })
      client.send({ eventType: 'core.game.state.broadcast', payload: { message: 'x' } })
      client.send({ eventType: 'core.game.state.buy_good', payload: { good_id: 'sword', count: 1 } })
    }, 50)
    t.teardown(() => clearInterval(talk))
    await until(async () => (await updates(page)) >= 6)
    t.equal(await page.locator('#plots > li').count(), 12)
    for (const [id, label] of [
      ['connections', /guest 1, private 1/],
      ['events', /requests in [1-9][\d.]*\/s/],
      ['deliveries', /to sockets [1-9][\d.]*\/s/],
      ['latency', /p50 [\d.]+ ms, p99 [\d.]+ ms/],
      ['commit', /p99 [\d.]+ ms/],
      ['purchases', /insufficient funds [1-9][\d.]*\/s/],
      ['cpu', /primary [\d.]+ %, worker-1 [\d.]+ %, worker-2/],
      ['memory', /primary [\d.]+ MB, worker-1 [\d.]+ MB/],
      ['loop-delay', /primary [\d.]+ ms/],
      ['store', /history held [\d.]+ k?B, journal [\d.]+ [kM]?B, log [\d.]+ [kM]?B, records/],
      ['slow-consumers', /closed\/s 0, slow now 0/],
    ] as const) {
      await page.locator(`#plot-${id} .canvas`).waitFor()
      const described = () => page.getAttribute(`#plot-${id} .canvas`, 'aria-label')
      t.ok(await until(async () => label.test((await described()) ?? '')), `${id}: ${await described()}`)
      t.ok(Number(await page.evaluate(INKED(id))) > 5, `${id} is drawn`)
    }
    t.match(await page.textContent('#plot-closes .legend'), /No data in this time/)
    t.equal(await page.textContent('#metric-connections'), '2')
    t.match(await page.textContent('#node-facts'), /n1.*2 of 2.*takes commits/)
    client.terminate()
    await shows(page, '#plot-closes .legend', /1006/)

    t.ok(asked - (await updates(page)) <= 1, 'one request for each update')
    t.strictSame(wrong, [], 'no error, and nothing that the content security policy forbids')
  })

  await t.test('they stop while nobody can see them, or is paused, and go on', async (t) => {
    const { page } = await openConsole(t, browser, server)
    await until(async () => (await updates(page)) >= 2)
    const setHidden = (isHidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
    const standsStill = async () => {
      await page.waitForTimeout(200) // one may be under way
      const before = await updates(page)
      await page.waitForTimeout(2_500)
      return (await updates(page)) === before
    }
    const goesOn = async () => {
      const before = await updates(page)
      return until(async () => (await updates(page)) > before)
    }
    await setHidden(true)
    t.ok(await standsStill(), 'hidden')
    await setHidden(false)
    t.ok(await goesOn(), 'seen again')
    await page.click('#plots-pause')
    t.ok(await standsStill(), 'paused')
    await page.click('#plots-pause')
    t.ok(await goesOn(), 'no longer paused')
  })

  await t.test('a quantile is where the observations were between two looks', async (t) => {
    const { page } = await openConsole(t, browser, server)
    const result = await page.evaluate(`import('/console/readings.js').then(({ quantiles, rateBy }) =>
      import('/console/metrics.js').then(({ Scrape }) => {
        const text = (a, b, c) => 'drumbeat_x_bucket{le="0.1",event_type="a"} ' + a + '\\n' +
          'drumbeat_x_bucket{le="0.2",event_type="a"} ' + b + '\\ndrumbeat_x_bucket{le="+Inf",event_type="a"} ' + c
        const before = new Scrape(text(100, 100, 100) + '\\ndrumbeat_y{code="1"} 5', 0)
        const read = quantiles('x', { p50: 0.5, p75: 0.75 }, 80)
        const rounded = ([name, value]) => [name, value === null ? null : Math.round(value * 1e6) / 1e6]
        const at = (a, b, c) => Object.fromEntries([...read({ now: new Scrape(text(a, b, c), 1000), before })].map(rounded))
        const rate = rateBy('y', 'code')({ now: new Scrape('drumbeat_y{code="1"} 9\\ndrumbeat_y{code="2"} 3', 2000), before })
        const fallen = rateBy('y', 'code')({ now: new Scrape('drumbeat_y{code="1"} 4', 2000), before })
        return { spread: at(100, 200, 200), none: at(100, 100, 100), over: at(100, 100, 200), restarted: at(1, 2, 3),
          rate: Object.fromEntries(rate), fallen: Object.fromEntries(fallen) }
      }))`)
    t.match(result, {
      spread: { p50: 12, p75: 14 },
      none: { p50: null, p75: null },
      over: { p50: 16, p75: 16 },
      restarted: { p50: null },
      rate: { 1: 2, 2: 1.5 },
      fallen: { 1: null },
    })
  })

  await t.test('of many series the busiest are told apart, and the others are one', async (t) => {
    const { page } = await openConsole(t, browser, server)
    const result = await page.evaluate(`import('/console/history.js').then(({ chooseSeries, History }) => {
      const series = new Map(Array.from({ length: 9 }, (_, i) => ['s' + i, [i, i === 3 ? null : i]]))
      const history = new History()
      history.add(0, new Map([['a', 1]]))
      history.add(500, new Map([['b', 2]]))
      const early = JSON.parse(JSON.stringify(Object.fromEntries(history.series)))
      history.add(601, new Map([['b', 3]]))
      return {
        chosen: [...chooseSeries(series, { max: 6, isBusyOnly: true, isWorst: false })],
        worst: [...chooseSeries(series, { max: 6, isBusyOnly: true, isWorst: true })].at(-1),
        early, late: Object.fromEntries(history.series), times: history.times,
      }
    })`)
    t.match(result, {
      chosen: [['s4'], ['s5'], ['s6'], ['s7'], ['s8'], ['3 others', [6, 3]]],
      worst: ['3 others', [3, 2]],
      early: { a: [1, null], b: [null, 2] },
      late: { b: [2, 3] },
      times: [500, 601],
    })
  })

  await t.test(
    'a server that is gone, or has had enough, is said in words, and the page goes on by itself',
    async (t) => {
      const { page } = await openConsole(t, browser, server, { view: 'rooms', adminToken: server.adminToken })
      await shows(page, '#server-status', /^Live, node n1/)
      const { port } = server
      await server.stop()
      await shows(page, '#server-status', /No numbers. NO_ANSWER: the server does not answer/)
      await shows(page, '#rooms-status', /NO_ANSWER: the server does not answer/)
      await server.restart({ HTTP_PORT: String(port), HTTP_RATE_PER_ADDRESS: '1' })
      await shows(page, '#server-status', /^Live/)
      // So that nothing is left for the page itself.
      await page.evaluate(`globalThis.flood = setInterval(() => fetch('/console/none').catch(() => {}), 20)`)
      await shows(page, '#rooms-status', /RATE_LIMITED: this address has sent too many requests/)
      await page.evaluate('clearInterval(globalThis.flood)')
      await server.restart({ HTTP_RATE_PER_ADDRESS: '' })
      await shows(page, '#server-status', /^Live/)
      t.ok(await until(async () => (await page.textContent('#rooms-status')) === ''), 'the list is read again')
    },
  )
})
