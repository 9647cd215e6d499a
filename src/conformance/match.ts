import { isObject } from '../protocol/envelope.ts'
import { EVENT, SERVER_EVENT, type Encoding } from '../protocol/events.ts'
import { expectFields, expectInteger, expectThat, fieldsOf, listOf, Skip, type Fields } from './expect.ts'
import type { Lab } from './lab.ts'
import { isEvent, type Frame, type Peer } from './peer.ts'

/** The game that the cases play: a sample that comes with Drumbeat. Two seats, three in a row, an input `place { cell }`. */
export const GAME = 'tictactoe'
/** Rooms with somebody of an earlier run, whom nobody waits for, may be found first. */
const FINDS_MAX = 10

/** What a client makes of what it was sent of one room. */
export class View {
  state: unknown
  tick: number
  /** Patches that did not start from the tick before. */
  readonly gaps: Frame[] = []
  acked = -1
  patches = 0

  /** @param frames all behind the reply that `game` is of */
  constructor(game: Fields, frames: readonly Frame[], room: string, seat: string) {
    this.state = game['state']
    this.tick = Number(game['tick'])
    for (const frame of frames) {
      if (frame['eventType'] === EVENT.roomSnapshot && frame['room'] === room) this.#have(fieldsOf(frame['payload']))
      else if (isPatch(frame)) this.#patch(frame, seat)
    }
  }

  #have({ state, tick }: Fields): void {
    this.state = state
    this.tick = Number(tick)
  }

  #patch(patch: Frame, seat: string): void {
    if (patch['base'] !== this.tick) this.gaps.push(patch)
    this.patches++
    this.tick = Number(patch['tick'])
    // What binary ones change only those who know their types can say.
    if ('changes' in patch) this.state = merge(this.state, patch['changes'])
    const seq = fieldsOf(patch['acks'])[seat]
    if (typeof seq === 'number') this.acked = Math.max(this.acked, seq)
  }
}

export const isPatch = isEvent(SERVER_EVENT.patch)

/** One who is in a room with a game. */
export interface Seated {
  readonly peer: Peer
  readonly room: string
  /** The reply to the join. */
  readonly data: Fields
  readonly game: Fields
  /** How many frames had come with it. */
  readonly from: number
}

export function viewOf({ peer, room, game, from }: Seated): View {
  return new View(game, peer.frames.slice(from), room, String(game['seat']))
}

/** A new player alone in a room of the game, with the first seat. Throws Skip if the server does not have the game. */
export async function findAlone(lab: Lab, encoding: Encoding = 'json'): Promise<Seated> {
  const peer = await lab.player(undefined, { encoding })
  for (let i = 0; i < FINDS_MAX; i++) {
    const reply = await peer.request(EVENT.roomFind, { game: GAME, where: { phase: 'waiting' } })
    const { code } = fieldsOf(reply['error'])
    if (code === 'GAME_NOT_FOUND' || code === 'UNKNOWN_EVENT') throw new Skip(`the server has no game "${GAME}"`)
    const seated = toSeated(lab, peer, reply)
    const { players, phase } = fieldsOf(seated.game['state'])
    if (phase === 'waiting' && fieldsOf(players)['x'] === peer.userId) return seated
    await peer.ask(EVENT.roomLeave, { room_id: seated.room })
  }
  throw new Skip('no room is empty')
}

/** Another player, or the same user again, in that room. */
export async function enter(
  lab: Lab,
  { room }: Pick<Seated, 'room'>,
  user?: string,
  encoding: Encoding = 'json',
): Promise<Seated> {
  const peer = await lab.player(user, { encoding })
  return toSeated(lab, peer, await peer.request(EVENT.roomJoin, { room_id: room }))
}

/** Two players in a match that has begun: `x` has the first move. */
export async function match(
  lab: Lab,
  encoding: Encoding = 'json',
): Promise<{ readonly x: Seated; readonly o: Seated }> {
  const x = await findAlone(lab, encoding)
  return { x, o: await enter(lab, x, undefined, encoding) }
}

export function place({ peer, room }: Seated, cell: number, seq?: number): Promise<Fields> {
  return peer.request(
    EVENT.roomInput,
    { name: 'place', input: { cell }, ...(seq === undefined ? {} : { seq }) },
    { room },
  )
}

/** What the server says is seen now. */
export function snapshotOf({ peer, room }: Seated): Promise<Fields> {
  return peer.ask(EVENT.roomSnapshot, {}, { room })
}

/** Waits until the client has come to this tick. */
export async function reach(seated: Seated, tick: number): Promise<View> {
  await seated.peer.event((frame) => isPatch(frame) && Number(frame['tick']) >= tick, `a patch to tick ${tick}`)
  return viewOf(seated)
}

/** What a join of a room with a game says of it, each field as it has to be. */
export function expectGame(game: Fields, seat: string): void {
  const { types, inputs, state, hash, tick_ms } = game
  expectThat(game['name'] === GAME && game['seat'] === seat, `the game "${GAME}" and the seat "${seat}"`, game)
  for (const [name, least] of [
    ['version', 1],
    ['handle', 0],
    ['tick', 0],
    ['started_at', 1],
  ] as const) {
    expectInteger(game[name], name, least)
  }
  expectThat(typeof tick_ms === 'number' && tick_ms >= 0, 'tick_ms, a number from 0 on', tick_ms)
  expectThat(expectInteger(hash, 'hash') < 2 ** 32, 'a hash of 32 bits', hash)
  expectFields(types, 'types')
  expectFields(state, 'state')
  const names = listOf(inputs, 'inputs').map((input) => expectFields(input, 'an input')['name'])
  expectThat(names.includes('place'), 'the input "place"', inputs)
}

/** Leaves its room when the case is over: the seat of a player who is only gone is held. */
function toSeated(lab: Lab, peer: Peer, reply: Fields): Seated {
  const from = peer.frames.indexOf(reply) + 1
  expectThat(reply['success'] === true, 'success: true', reply)
  const data = expectFields(reply['data'], "the reply's data")
  const game = expectFields(data['game'], 'game')
  const room = String(data['room_id'])
  lab.before(async () => {
    if (!peer.isClosed) await peer.request(EVENT.roomLeave, { room_id: room })
  })
  return { peer, room, data, game, from }
}

/** A JSON Merge Patch (RFC 7396), applied. */
function merge(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const after: Record<string, unknown> = { ...fieldsOf(value) }
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete after[key]
    else after[key] = merge(after[key], change)
  }
  return after
}
