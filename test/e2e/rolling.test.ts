/** A real reload of a real file; the order and the times of it all are tried in test/house/reload.test.ts. */
import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { lines, rolled } from './rolled.ts'

const folder = await mkdtemp(join(tmpdir(), 'drumbeat-rolling-'))
const file = join(folder, 'drumbeat.yaml')
writeFileSync(file, 'MAX_ROOMS_PER_CONNECTION: 5\n')

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'not refused',
    (error: unknown) => String(error),
  )
}

t.test('the configuration is read again: a good one is taken by the new workers, a bad one is refused', async (t) => {
  const server = await startServer(t, { WORKERS: '2', SHUTDOWN_TIMEOUT: '3s', CONFIG_FILE: file })
  const joins = async () => {
    const client = await openClient(server, { token: server.mint('joiner') })
    let joined = 0
    while ((await client.request('core.game.room.join', { room_id: `r${joined}` })).success) joined++
    await client.close()
    return joined
  }
  t.equal(await joins(), 5)

  writeFileSync(file, 'MAX_ROOMS_PER_CONNECTION: lots\nNO_SUCH_SETTING: 1\n')
  t.match(await refusal(server.admin('POST', '/api/v1/reload')), /400.*MAX_ROOMS_PER_CONNECTION.*NO_SUCH_SETTING/s)
  process.kill(server.pid, 'SIGHUP')
  t.ok(await until(() => /drumbeat: .*NO_SUCH_SETTING/.test(server.output())), 'said, for who sent the signal')
  t.equal(lines(server, 'replacing the workers, one by one').length, 0)
  t.equal(await joins(), 5)

  writeFileSync(file, 'MAX_ROOMS_PER_CONNECTION: 7\nHISTORY_TTL: 5m\n')
  t.match(await server.admin('POST', '/api/v1/reload'), {
    changed: ['MAX_ROOMS_PER_CONNECTION'],
    at_next_start: ['HISTORY_TTL'],
  })
  t.match(await refusal(server.admin('POST', '/api/v1/reload')), /409.*CONFLICT/)
  t.ok(await rolled(server, 0))
  t.equal(await joins(), 7)
  const { settings } = (await server.admin('GET', '/api/v1/config')) as { settings: { name: string; value: unknown }[] }
  t.equal(settings.find(({ name }) => name === 'MAX_ROOMS_PER_CONNECTION')?.value, 7)
  t.equal(settings.find(({ name }) => name === 'HISTORY_TTL')?.value, 600_000, 'what is in force')
})
