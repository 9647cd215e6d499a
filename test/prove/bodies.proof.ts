/**
 * `npm run prove -- bodies`: BODIES=200 requests send 1 MiB each but for the last byte, without the admin token and with it. A worker holds 32 MiB of
 * them and nothing of those that it refuses, so its resident memory grows by no more than that and SLACK_MIB=64.
 */
import t from 'tap'
import { metric } from '../bad-input/support.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { areHeld, CAP_MIB, halfSent, MIB, openRaw } from '../http/body-flood.ts'

const BODIES = Number(process.env['BODIES'] ?? 200)
/** Beside the bodies themselves: what uWS, the kernel's copies and a garbage collector that has not run yet take. */
const SLACK_MIB = Number(process.env['SLACK_MIB'] ?? 64)

async function residentMib(server: TestServer): Promise<number> {
  return (await metric(server, 'drumbeat_process_resident_memory_bytes', 'worker-1')) / MIB
}

t.test('half-sent bodies that are refused take no memory', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const before = await residentMib(server)
  const connections = openRaw(t, server, BODIES)
  for (const connection of connections) connection.write(halfSent())
  await Promise.all(connections.map(({ closed }) => closed))
  const grown = (await residentMib(server)) - before
  t.ok(grown < SLACK_MIB, `${BODIES} MiB came, and ${Math.round(grown)} MiB were taken`)
})

t.test('half-sent bodies that are held take no more than their budget', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const before = await residentMib(server)
  for (const connection of openRaw(t, server, BODIES)) connection.write(halfSent(server.adminToken))
  const areDone = async () => {
    const refused = await metric(server, 'drumbeat_http_requests_total', 'status="503"')
    return areHeld((await metric(server, 'drumbeat_http_body_bytes', 'rest')) / MIB, BODIES - refused)
  }
  t.ok(await until(areDone), 'all came')
  const grown = (await residentMib(server)) - before
  t.ok(grown < CAP_MIB + SLACK_MIB, `${BODIES} MiB came, and ${Math.round(grown)} MiB were taken`)
})
