import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { connect } from '../../../src/client/index.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { hear, heardAll, openSpeaker, ROOM, upTo } from './numbers.ts'

/** `RECONNECTS=10000`, as `npm run prove:client` has it, takes some minutes. */
const RECONNECTS = Number(process.env['RECONNECTS'] ?? 500)
/** From here on nothing is new any more: code is compiled, pools are filled. */
const WARM = RECONNECTS / 5
const EVENTS_EVERY = 10
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
  const measure = async (): Promise<Usage> => {
    // Sockets that were cut are let go a moment later.
    await new Promise((resolve) => setTimeout(resolve, 500))
    collectGarbage()
    return {
      heapBytes: process.memoryUsage().heapUsed,
      listeners: getEventListeners(signal, 'abort').length,
      resources: process.getActiveResourcesInfo().length,
    }
  }
  const cycle = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const isBack = back()
      proxy.cutAll()
      if (i % EVENTS_EVERY === 0) await speaker.say(1)
      await isBack
    }
  }
  await cycle(0, WARM)
  const warm = await measure()
  await cycle(WARM, RECONNECTS)
  const last = await measure()

  await heardAll(heard, RECONNECTS / EVENTS_EVERY)
  t.strictSame(heard, upTo(RECONNECTS / EVENTS_EVERY))
  const grown = last.heapBytes - warm.heapBytes
  const reconnects = RECONNECTS - WARM
  t.ok(grown < BYTES_NOISE + reconnects * BYTES_PER_RECONNECT_MAX, `${grown} bytes in ${reconnects} reconnects`)
  t.equal(last.listeners, warm.listeners)
  t.ok(last.resources <= warm.resources + 2, `${warm.resources} handles, then ${last.resources}`)
})
