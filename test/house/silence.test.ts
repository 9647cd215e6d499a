/** A client that is silent is pinged, and closed with a code that it can read when it is back. */
import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'

const MESSAGE = 'core.game.state.send_message'
const PING = 'core.game.session.ping'
/** SOCKET_READ_TIMEOUT, and once around of the sweep. */
const SILENT_MS = 30_000
const SWEPT_MS = 500

t.test('who answers no ping is closed with 4003, and sees it when it reads again', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const stopped = await enter('stopped')
  stopped.wire.pause()
  await pass(SILENT_MS - SWEPT_MS)
  t.equal(house.node.context.registry.countHere, 1, 'not before')
  await pass(2 * SWEPT_MS)
  t.equal(house.node.context.registry.countHere, 0)
  stopped.wire.resume()
  t.match(await stopped.end(), { code: 4003 })
})

t.test('who only answers pings stays', async (t) => {
  const { enter, pass } = await openHouse(t)
  const listener = await enter('listener')
  t.equal(listener.ready['ping_interval_ms'], 20_000)
  await pass(10 * SILENT_MS)
  t.ok((await listener.ask(PING, {})).success)
})

t.test('who reads, be it slowly, is there, though its pongs come behind all that waits for it', async (t) => {
  const { enter, pass } = await openHouse(t)
  const [sender, slow] = [await enter('alice'), await enter('slow')]
  for (let second = 0; second < 90; second += 5) {
    slow.wire.resume()
    slow.wire.pause()
    await sender.ask(MESSAGE, { target_user_id: 'slow', text: 'x' })
    await pass(5_000)
  }
  slow.wire.resume()
  await slow.until(() => slow.events.length === 18)
  t.equal(slow.closed, undefined)
})
