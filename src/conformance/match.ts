import { isObject } from '../protocol/envelope.ts'
import { EVENT, SERVER_EVENT, type Encoding } from '../protocol/events.ts'
import { expectFields, expectInteger, expectThat, fieldsOf, listOf, Skip, type Fields } from './expect.ts'
import type { Lab } from './lab.ts'
import { isEvent, type Frame, type Peer } from './peer.ts'

/**
 * The game that the cases play, a sample that comes with Drumbeat. It has two seats, the goal is three in a row, and its input is
 * `place { cell }`.
 */
export const GAME = 'tictactoe'
/** `find` may first return rooms of an earlier run in which a player is still waiting. */
const FINDS_MAX = 10

/** A client's view of one room, made from what it was sent. */
export class View {
  state: unknown
  tick: number
  /** Patches that did not start from the tick before. */
  readonly gaps: Frame[] = []
  acked = -1
  patches = 0

  /** @param frames all frames after the reply that `game` is from */
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
    // Binary changes can be decoded only by a client that knows the room's types.
    if ('changes' in patch) this.state = merge(this.state, patch['changes'])
    const seq = fieldsOf(patch['acks'])[seat]
    if (typeof seq === 'number') this.acked = Math.max(this.acked, seq)
  }
}

export const isPatch = isEvent(SERVER_EVENT.patch)

export interface Seated {
  readonly peer: Peer
  readonly room: string
  /** The data of the reply to the join. */
  readonly data: Fields
  readonly game: Fields
  /** How many frames had come up to that reply. */
  readonly from: number
}

export function viewOf({ peer, room, game, from }: Seated): View {
  return new View(game, peer.frames.slice(from), room, String(game['seat']))
}

/** A new player who is alone in a room of the game, with the first seat. Throws Skip if the server does not have the game. */
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

/** Lets another player, or the same user again, join that room. */
export async function enter(
  lab: Lab,
  { room }: Pick<Seated, 'room'>,
  user?: string,
  encoding: Encoding = 'json',
): Promise<Seated> {
  const peer = await lab.player(user, { encoding })
  return toSeated(lab, peer, await peer.request(EVENT.roomJoin, { room_id: room }))
}

/** Two players in a match that has begun. `x` has the first move. */
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

/** Asks the server for what the player sees now. */
export function snapshotOf({ peer, room }: Seated): Promise<Fields> {
  return peer.ask(EVENT.roomSnapshot, {}, { room })
}

export async function reach(seated: Seated, tick: number): Promise<View> {
  await seated.peer.event((frame) => isPatch(frame) && Number(frame['tick']) >= tick, `a patch to tick ${tick}`)
  return viewOf(seated)
}

/** Checks each field that a join of a room with a game returns. */
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

/** Leaves the room when the case is over, because the server would hold the seat of a player who is only disconnected. */
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

/** Applies a JSON Merge Patch (RFC 7396). */
function merge(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const after: Record<string, unknown> = { ...fieldsOf(value) }
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete after[key]
    else after[key] = merge(after[key], change)
  }
  return after
}
