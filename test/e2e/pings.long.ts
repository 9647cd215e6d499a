/** `ready` says how often a client that says nothing is pinged. */
import { once } from 'node:events'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
import { startServer } from '../helpers/server.ts'

t.jobs = 4

/** Two thirds of the timeout. */
for (const [timeout, intervalMs] of [
  ['8s', 5_333],
  ['17s', 11_333],
] as const) {
  t.test(`pings come as ready says, with a timeout of ${timeout}`, async (t) => {
    const server = await startServer(t, { WORKERS: '1', SOCKET_READ_TIMEOUT: timeout })
    const client = await openClient(server)
    t.match(client.frames[0]?.['payload'], { ping_interval_ms: intervalMs })
    await once(client.ws, 'ping')
    const startedMs = performance.now()
    await once(client.ws, 'ping')
    const tookMs = performance.now() - startedMs
    promisedMs(t, Math.abs(tookMs - intervalMs), 3_000, 'the interval is off by')
    await client.close()
  })
}
