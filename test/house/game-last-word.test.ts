/** A player who comes back in the moment in which the room ends hears how it has ended, and is in it no longer. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { lap } from '../helpers/games/lap.ts'
import type { House } from '../helpers/house/house.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

interface Played extends OpenHouse {
  readonly alice: PlainClient
  readonly room: RoomId
}

/** Alice and bob play. */
async function play(owner: Parameters<typeof openHouse>[0], seed: number): Promise<Played> {
  const opened = await openHouse(owner, { seed, startHost: realHost([lap]), env: { WORKERS: '1', GAME_HOSTS: '1' } })
  const [alice, bob] = await opened.enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const { data } = await alice.ask(GAME.find, { game: 'lap' })
  const room = data?.['room_id'] as RoomId
  await bob.ask(GAME.join, { room_id: room })
  return { ...opened, alice, room }
}

/** Bob wins, also while no worker hears of it. Resolves when his host has said so. */
function win({ time, node }: House, room: RoomId): Promise<unknown> {
  return time.settle(
    new Promise((resolve, reject) => {
      const done = (result: unknown) => (result instanceof Refusal ? reject(result) : resolve(result))
      node.context.games.inputAs({ room, user: 'bob', name: 'win', input: {} }, done)
    }),
  )
}

const over = (client: PlainClient) => payloadsOf(client, GAME.status).filter((one) => one?.['status'] === 'over')

/** It has heard the result, it has been taken out of the room, and nothing is left of it. */
async function heardTheEnd(t: Tap, { house, pass, room }: Played, back: PlainClient): Promise<void> {
  await pass(3_000)
  t.match(over(back), [{ result: { winner: 'bob' } }])
  t.match(payloadsOf(back, GAME.status).at(-1), { status: 'left', why: 'ROOM_OVER' })
  t.match(await back.ask(GAME.input, { name: 'go', input: { by: 1 } }, { room }), { error: { code: 'ROOM_OVER' } })
  const { registry, games, hub } = house.node.context
  t.strictSame([...registry.require(String(back.ready['connection_id'])).rooms], [])
  t.equal(games.rooms.size, 0)
  t.notOk(hub.interest.listeners(`r/private/${room}` as never))
}

type Tap = Pick<typeof t, 'match' | 'strictSame' | 'equal' | 'notOk'>

t.test('it ends between the resume and the question for the game', async (t) => {
  const played = await play(t, 31)
  const { house, alice, room, pass } = played
  alice.cut()
  await pass(100)
  const worker = house.worker(0)
  worker.freeze()
  const resumed = alice.resume([room])
  await win(house, room)
  await pass(1_000)
  t.equal(house.node.context.games.rooms.size, 0, 'it is over before the worker hears that the connection may come in')
  worker.thaw()
  await heardTheEnd(t, played, await resumed)
})

t.test('its last word is not in the log yet', async (t) => {
  const played = await play(t, 32)
  const { house, alice, room, pass } = played
  alice.cut()
  await pass(100)
  house.faults.refused = 1
  await win(house, room)
  const back = await alice.resume([room])
  t.match(back.ready, { recovered: true, rooms: [room] })
  await pass(1_000)
  t.strictSame(payloadsOf(back, GAME.status), [], 'nothing is known of it yet')
  house.faults.refused = 0
  await heardTheEnd(t, played, back)
})
