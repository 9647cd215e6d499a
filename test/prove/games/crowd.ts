import { connect, type GameClient } from '../../../src/client/index.ts'
import { openConnections } from '../../../src/load/open-connections.ts'
import type { Encoding } from '../../../src/protocol/events.ts'
import type { Owner, TestServer } from '../../helpers/server.ts'
import { WirePlayer, type WirePlayerOptions } from './wire-player.ts'

/** Of the load, not of the limits: see `bench/peers/drumbeat.ts`. */
export const LOAD_ENV = { RATE_MESSAGES: '1000000', RATE_BYTES: '1GiB', WORKERS: '1' } as const

const INPUTS_EACH_S = 10
/** A stick is turned once in so many inputs, and held in between. */
const HELD = 10
const ROOMS_AT_ONCE = 20

export function gameFile(name: string): string {
  return `${import.meta.dirname}/${name}-game.ts`
}

/** Makes rooms of the game; returns their ids. */
export async function openRooms(
  server: TestServer,
  game: string,
  count: number,
  options: object = {},
): Promise<readonly string[]> {
  const rooms: string[] = []
  for (let i = 0; i < count; i += ROOMS_AT_ONCE) {
    const some = Array.from({ length: Math.min(ROOMS_AT_ONCE, count - i) }, async () => {
      const body = { namespace: 'private', game, options }
      return ((await server.admin('POST', '/api/v1/rooms', body)) as { readonly room_id: string }).room_id
    })
    rooms.push(...(await Promise.all(some)))
  }
  return rooms
}

/** In every room half of the players read JSON, the others msgpack. */
export function encodingOf(i: number): Encoding {
  return i % 2 === 0 ? 'json' : 'msgpack'
}

/** Opens players and waits until all are in their rooms. */
export async function openPlayers(owner: Owner, all: readonly WirePlayerOptions[]): Promise<readonly WirePlayer[]> {
  const players: WirePlayer[] = []
  owner.teardown(() => players.forEach(({ connection }) => connection.end()))
  await openConnections([], [0, all.length], (i) => {
    const player = new WirePlayer(all[i] as WirePlayerOptions)
    players[i] = player
    return player.connection
  })
  return players
}

/** A player of the client library. */
export async function openLibraryClient(
  owner: Owner,
  server: TestServer,
  name: string,
  encoding: Encoding = 'msgpack',
): Promise<GameClient> {
  const client = await connect({
    url: server.url,
    namespace: 'private',
    token: () => server.mint(name),
    encoding,
  })
  owner.teardown(() => client.close())
  return client
}

/** Ten inputs a second of each player, spread evenly. Returns what stops it, and says how many there were. */
export function playAll(players: readonly WirePlayer[]): () => number {
  const startedMs = performance.now()
  let n = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1000) * INPUTS_EACH_S * players.length
    for (; n < due; n++) {
      const who = n % players.length
      const turn = Math.floor(Math.floor(n / players.length) / HELD)
      players[who]?.steer(stick(who + turn), stick(who + turn * 3))
    }
  }, 5)
  return () => {
    clearInterval(timer)
    return n
  }
}

/** 0 to 255, without 128, which is no movement. */
function stick(n: number): number {
  const value = (n * 37) % 256
  return value === 128 ? 129 : value
}

/** Has each player check a hash once in `everyS`, by turns. Returns what stops it. */
export function checkByTurns(players: readonly WirePlayer[], everyS: number): () => void {
  const startedMs = performance.now()
  let n = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1000 / everyS) * players.length
    for (; n < due; n++) players[n % players.length]?.check()
  }, 20)
  return () => clearInterval(timer)
}
