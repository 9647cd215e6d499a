import type { Test } from 'tap'
import type { RoomDefinition } from '../../../src/domain/room.ts'
import type { Namespace, RoomId } from '../../../src/protocol/ids.ts'
import { PlainClient, type PlainOptions } from './plain-client.ts'
import { House, type HouseOptions } from './house.ts'

const NO_ROOM = { namespace: 'private' as Namespace, capacity: 100, delivery: 'must', game: null } as const

type Options = Omit<PlainOptions, 'user'>

/** A house for one test, and functions that open clients in it. */
export interface OpenHouse {
  readonly house: House
  /** Connects a player with that name. */
  readonly enter: (user: string, options?: Options) => Promise<PlainClient>
  readonly enterAsGuest: (options?: Options) => Promise<PlainClient>
  /** Connects all of them at the same time. */
  readonly enterAll: (...users: readonly string[]) => Promise<readonly PlainClient[]>
  readonly pass: (forMs: number) => Promise<void>
  /** Makes a room as REST does, by default in the namespace of players and for 100 members. */
  readonly makeRoom: (id: string, more?: Partial<Omit<RoomDefinition, 'room_id'>>) => Promise<void>
}

/** It is closed when the test ends. */
export async function openHouse(t: Test, options: HouseOptions = {}): Promise<OpenHouse> {
  const house = await House.open(options)
  t.teardown(() => house.close())
  const enter = (user: string, more: Options = {}) => PlainClient.open(house, { ...more, user })
  return {
    house,
    enter,
    enterAsGuest: (more = {}) => PlainClient.open(house, more),
    enterAll: (...users) => Promise.all(users.map((user) => enter(user))),
    pass: (forMs) => house.time.pass(forMs),
    makeRoom: async (id, more = {}) => {
      const room = { ...NO_ROOM, ...more, room_id: id as RoomId }
      await house.ask('roomPut', { room, ifAbsent: false, idempotencyKey: null })
    },
  }
}

/** The code of the refusal that the promise rejects with, or 'ok' if it does not reject. */
export function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'ok',
    (thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown),
  )
}
