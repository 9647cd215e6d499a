/** Inputs of a player keep the order in which they were sent, also if the player comes back while some are on their way. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { arena } from '../helpers/games/arena.ts'
import { GAME } from '../helpers/games/open-games.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

interface CameBack extends OpenHouse {
  readonly room: RoomId
  readonly before: PlainClient
  readonly back: PlainClient
  /** The request whose bytes are still on their way to the primary. */
  readonly late: string
  readonly comes: () => void
}

const add = (n: number) => [GAME.input, { name: 'add', input: { device: 'd', n } }] as const

/** The worker of the first connection is not heard from when an input is sent there; the same session has come back to another worker. */
async function comeBack(owner: Parameters<typeof openHouse>[0], seed: number): Promise<CameBack> {
  const opened = await openHouse(owner, { seed, startHost: realHost([arena]), env: { WORKERS: '2', GAME_HOSTS: '1' } })
  const { house, enter, pass } = opened
  const [one, other] = [house.worker(0), house.worker(1)]
  const before = await enter('alice', { worker: one })
  const { data } = await before.ask(GAME.find, { game: 'arena' })
  const room = data?.['room_id'] as RoomId
  const comes = one.unheard()
  const late = before.request(...add(1), { room })
  await pass(100)
  const back = await before.resume([room], { worker: other })
  await pass(200)
  return { ...opened, room, before, back, late, comes }
}

t.test('what comes behind an input of the newer connection is refused, and not done', async (t) => {
  const { house, room, before, back, late, comes } = await comeBack(t, 41)
  t.match(await back.ask(...add(2), { room }), { success: true })
  comes()
  t.match(await before.reply(late), { success: false, error: { code: 'UNAVAILABLE' } })
  t.match(await back.ask(...add(3), { room }), { success: true })
  t.match(await house.ask('gameRoom', { room }), { state: { added: { alice: 2 }, disorder: 0 } })
})

t.test('what comes before one is done', async (t) => {
  const { house, room, before, back, late, comes } = await comeBack(t, 42)
  comes()
  t.match(await before.reply(late), { success: true })
  t.match(await back.ask(...add(2), { room }), { success: true })
  t.match(await house.ask('gameRoom', { room }), { state: { added: { alice: 2 }, disorder: 0 } })
})
