import t from 'tap'
import { eventTypeOf } from '../../src/protocol/placed-event.ts'
import { SERVER_EVENT } from '../../src/protocol/events.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { framePacket } from '../../src/transport/socket-io/packets.ts'
import { jsonOf, placed } from '../helpers/placed.ts'

const ROOM = 'r/private/arena' as Channel

t.test(
  "a Socket.IO packet of an event has the event's type as its name, and the cursor behind the event",
  async (t) => {
    for (const eventType of [SERVER_EVENT.joined, 'core.game.room.patch']) {
      const event = placed(ROOM, 2 ** 40, 7, { eventType, payload: { eventType: 'not this one' } })
      const packet = framePacket(event.frame, event, 'e7')
      t.equal(packet[0], '2')
      t.strictSame(JSON.parse(packet.slice(1)), [eventType, jsonOf(event.frame), `e7:${2 ** 40}`])
    }
  },
)

t.test('an event of a kind that a newer node knows says its type itself', async (t) => {
  const { frame } = placed(ROOM, 2, 1, { eventType: 'core.game.room.patch' })
  for (const kind of [0, 200]) t.equal(eventTypeOf(kind, frame), 'core.game.room.patch')
  t.equal(eventTypeOf(0, Buffer.from('[]')), '')
})
