import type { Test } from 'tap'
import type { GameClient, GameRoom } from '../../src/client/index.ts'
import { hashValue } from '../../src/games/sync/hash.ts'
import type { RoomGame } from '../../src/protocol/shapes/games.ts'
import type { Peer } from './scripted-server.ts'

export interface Arena {
  readonly state: {
    readonly ships: Readonly<Record<string, { readonly x: number; readonly y: number }>>
    readonly phase: string
  }
  readonly options: { readonly map: string }
  readonly inputs: { readonly fire: object; readonly steer: { readonly dx: number } }
  readonly events: { readonly boom: { readonly x: number } }
  readonly refusal: string
  readonly listing: { readonly phase: string }
}

export const STATE = { ships: { ann: { x: 1, y: 1 }, bob: { x: 5, y: 5 } }, phase: 'play' }

/** What `game` of a join is. */
export function data(tick: number, state: RoomGame['state'] = STATE): RoomGame {
  return {
    name: 'arena',
    version: 2,
    handle: 7,
    seat: 'ann',
    tick,
    tick_ms: 50,
    started_at: 1_790_000_000_000,
    inputs: [
      { name: 'fire', keep: 'all', type: null },
      { name: 'steer', keep: 'latest', type: null },
    ],
    types: { kind: 'json' },
    seats: { ann: { is_connected: true }, bob: { is_connected: true } },
    state,
    hash: hashValue(state),
  }
}

/** The next request that is no question for the time, which is answered. */
export async function receive(peer: Peer) {
  for (;;) {
    const request = await peer.receive()
    if (request.eventType !== 'core.game.session.ping') return request
    peer.reply(request, { server_time: Date.now() })
  }
}

/** Finds a room, `arena:1`. */
export async function playing(t: Test, client: GameClient, peer: Peer): Promise<GameRoom<Arena>> {
  const finding = client.play<Arena>('arena', { where: { phase: 'lobby' }, options: { map: 'moon' } })
  const find = await receive(peer)
  t.match(find, {
    eventType: 'core.game.room.find',
    payload: { game: 'arena', where: { phase: 'lobby' }, options: { map: 'moon' } },
  })
  peer.reply(find, { room_id: 'arena:1', members: 1, state: null, offset: 41, game: data(10) as never })
  return finding
}

export function patch(peer: Peer, tick: number, base: number, rest: object): void {
  peer.send({ eventType: 'core.game.room.patch', room: 'arena:1', tick, base, changes: {}, ...rest })
}
