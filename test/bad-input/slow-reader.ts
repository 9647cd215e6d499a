import type { Test } from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import type { TestServer } from '../helpers/server.ts'
import { metric, until } from './support.ts'

const BROADCAST = 'core.game.state.broadcast'

/** Two readers that take nothing are closed with 4001, and another one loses nothing. Players only: guests are the other tests'. */
export async function slowReader(t: Test, of: TestServer): Promise<void> {
  const open = (user: string) => openClient(of, { token: of.mint(user) })
  const [back, gone, reader] = await Promise.all([open('slow-back'), open('slow-gone'), open('reader')])
  for (const slow of [back, gone]) slow.ws.pause()
  const message = 'x'.repeat(250_000)
  const before = await metric(of, 'drumbeat_slow_consumers_total')
  let sent = 0
  // The kernel takes megabytes before anything waits in the server. A pace at which the server sees its limit passed
  // before uWS's own, at twice as much, is passed: then it can say why it closes.
  while ((await metric(of, 'drumbeat_slow_consumers_total')) - before < 2) {
    await of.admin('POST', '/api/v1/broadcast', { namespace: 'private', message })
    sent++
    await realTime(60)
  }
  const { items } = (await of.admin('GET', '/api/v1/connections')) as { items: { user_id: string }[] }
  t.notOk(
    items.some(({ user_id }) => user_id.startsWith('slow')),
    'offline at once',
  )

  back.ws.resume()
  t.match(await back.closed, { code: 4001 }, 'it sees why when it reads again')
  t.ok(isUnbroken(back), 'and no gap before that')
  await until(() => countOf(reader) === sent)
  t.ok(isUnbroken(reader), 'the reader got them all')
  gone.terminate()
  await reader.close()
}

const countOf = (client: TestClient) => client.events.filter(({ eventType }) => eventType === BROADCAST).length

function isUnbroken(client: TestClient): boolean {
  let last = Number(client.ready['offset'])
  return client.events.every(({ offset, prev }) => {
    const follows = Number(prev) <= last
    last = Number(offset)
    return follows
  })
}
