import t from 'tap'
import { roomChannel, type Namespace, type RoomId } from '../../src/protocol/ids.ts'
import type { Frame } from '../helpers/client.ts'
import type { House } from '../helpers/house/house.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { RoomCheck } from './room-check.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const ROOMS = ['r1', 'r2']
const SEEDS = 6
const STEPS = 300

interface Rambler {
  readonly client: PlainClient
  readonly asked: Map<string, { readonly eventType: string; readonly room: string }>
}

function countSkipped(events: readonly Frame[]): number {
  return events.reduce((sum, event) => sum + Number(event['skipped'] ?? 0), 0)
}

/** One step of somebody who joins, leaves, speaks, and reads when it likes. */
function step(house: House, { client, asked }: Rambler): void {
  const { chance } = house
  const room = chance.pick(ROOMS)
  const roll = chance.fraction()
  if (roll < 0.1) client.wire.pause()
  else if (roll < 0.15) client.wire.resume()
  else if (roll < 0.3) {
    const eventType = chance.happens(0.6) ? JOIN : LEAVE
    asked.set(client.request(eventType, { room_id: room }), { eventType, room })
  } else {
    const isLatest = chance.happens(0.6)
    const kind = isLatest
      ? { delivery: 'latest', ...(chance.happens(0.5) ? { key: chance.pick(['a', 'b']) } : {}) }
      : {}
    const payload = { message: 'x'.repeat(chance.integer(1, 3_000)), ...kind }
    client.request(BROADCAST, payload, chance.happens(0.85) ? { room } : {})
  }
}

/** A run in which nothing was skipped proves nothing. */
let skipped = 0

for (let seed = 1; seed <= SEEDS; seed++) {
  t.test(`rooms of clients that read now and then: seed ${seed}`, async (t) => {
    const env = { BACKPRESSURE_BYTES: '64KiB', RATE_MESSAGES: '100000', RATE_BYTES: '1GiB' }
    const { house, enterAll, pass } = await openHouse(t, { seed, env })
    const clients = await enterAll('a', 'b', 'c', 'd')
    const ramblers: Rambler[] = clients.map((client) => ({ client, asked: new Map() }))
    for (let n = 0; n < STEPS; n++) {
      step(house, house.chance.pick(ramblers))
      await pass(house.chance.fraction() * 30)
    }
    for (const { wire } of clients) wire.resume()
    await pass(2_000)
    skipped += clients.reduce((sum, { events }) => sum + countSkipped(events), 0)
    for (const { client, asked } of ramblers) {
      const check = new RoomCheck(client.frames, asked)
      if (client.closed === undefined) {
        check.complete(house.log, (room) => roomChannel('private' as Namespace, room as RoomId))
      }
      t.strictSame(check.wrong, [], client.userId)
      t.ok(client.closed === undefined || client.closed.code === 4001)
    }
  })
}

t.test('events were skipped', async (t) => {
  t.ok(skipped > 20, `${skipped} were`)
})
