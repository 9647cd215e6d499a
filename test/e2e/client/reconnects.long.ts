import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { connect } from '../../../src/client/index.ts'
import { promised } from '../../helpers/promised.ts'
import { realTime } from '../../helpers/real-time.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { hear, heardAll, openSpeaker, ROOM, upTo } from './numbers.ts'

/** `RECONNECTS=10000`, as `npm run prove -- client` has it, takes some minutes. */
const RECONNECTS = Number(process.env['RECONNECTS'] ?? 500)
/** From here on nothing is new any more: code is compiled, pools are filled. */
const WARM = RECONNECTS / 5
const EVENTS_EVERY = 10
const ATTEMPTS_WARM = 500
const ATTEMPTS = 2000
/** A listener and what it holds is more than this. */
const BYTES_PER_RECONNECT_MAX = 300
/** A heap breathes by so much whatever is done. */
const BYTES_NOISE = 1_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

interface Usage {
  readonly heapBytes: number
  readonly listeners: number
  readonly resources: number
}

/** After what was cut is gone: sockets are let go a moment later, and what has a finalizer takes more than one collection. */
async function measure(signal: AbortSignal): Promise<Usage> {
  let heapBytes = Infinity
  for (let i = 0; i < 5; i++) {
    await realTime(200)
    collectGarbage()
    heapBytes = Math.min(heapBytes, process.memoryUsage().heapUsed)
  }
  return {
    heapBytes,
    listeners: getEventListeners(signal, 'abort').length,
    resources: process.getActiveResourcesInfo().length,
  }
}

function checkUsage(t: Test, times: number, before: Usage, after: Usage): void {
  const grown = after.heapBytes - before.heapBytes
  promised(t, grown < BYTES_NOISE + times * BYTES_PER_RECONNECT_MAX, `${grown} bytes in ${times} times`)
  t.equal(after.listeners, before.listeners)
  t.ok(after.resources <= before.resources + 2, `${before.resources} handles, then ${after.resources}`)
}

t.test(`${RECONNECTS} reconnects leave nothing behind, and no event is missed`, async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const proxy = await startProxy(t, server.port)
  const speaker = await openSpeaker(t, server)
  const { signal } = new AbortController()
  const game = await connect({
    url: proxy.endpoint,
    namespace: 'private',
    token: () => server.mint('alice'),
    reconnect: { baseMs: 1, maxMs: 1 },
    signal,
  })
  t.teardown(() => game.close())
  await game.join(ROOM)
  const heard = hear(game)
  const back = () =>
    new Promise<void>((resolve) => {
      const off = game.on('status', ({ status }) => {
        if (status !== 'ready') return
        off()
        resolve()
      })
    })
  const cycle = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const isBack = back()
      proxy.cutAll()
      if (i % EVENTS_EVERY === 0) await speaker.say(1)
      await isBack
    }
  }
  await cycle(0, WARM)
  const warm = await measure(signal)
  await cycle(WARM, RECONNECTS)
  const last = await measure(signal)

  await heardAll(heard, RECONNECTS / EVENTS_EVERY)
  t.strictSame(heard, upTo(RECONNECTS / EVENTS_EVERY))
  checkUsage(t, RECONNECTS - WARM, warm, last)
})

t.test('attempts that come to nothing leave nothing behind', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const proxy = await startProxy(t, server.port)
  const { signal } = new AbortController()
  let attempts = 0
  class Counted extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      attempts++
    }
  }
  const game = await connect({
    url: proxy.endpoint,
    namespace: 'public',
    reconnect: { baseMs: 1, maxMs: 1 },
    WebSocket: Counted,
    signal,
  })
  t.teardown(() => game.close())
  proxy.refuse(true)
  proxy.cutAll()
  await until(() => attempts >= ATTEMPTS_WARM)
  const warm = await measure(signal)
  const before = attempts
  await until(() => attempts >= before + ATTEMPTS)
  checkUsage(t, attempts - before, warm, await measure(signal))
  proxy.refuse(false)
  t.ok(await until(() => game.status === 'ready'))
})
