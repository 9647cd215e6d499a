import type { Test } from 'tap'
import type { Game } from '../../../src/games/define.ts'
import type { Namespace, RoomId, UserId } from '../../../src/protocol/ids.ts'
import type { Receipt } from '../../../src/protocol/shapes/shop.ts'
import type { House, HouseOptions } from '../house/house.ts'
import { openHouse, type OpenHouse } from '../house/open-house.ts'
import type { PlainClient } from '../house/plain-client.ts'
import { realHost } from '../house/real-host.ts'
import { GAME } from './open-games.ts'

export const BUY = 'core.game.state.buy_good'

/** A seat of the games in stall.ts. */
export interface StallSeat {
  readonly had: Readonly<Record<string, number>>
  readonly heard: readonly string[]
  readonly has: Readonly<Record<string, number>>
}

export interface OpenShop extends OpenHouse {
  /** Connects a player with that name who has a lot of gold. */
  readonly enterRich: (user: string) => Promise<PlainClient>
  /** Joins a room of the game, or makes one. Resolves to its id. */
  readonly find: (client: PlainClient, game?: string) => Promise<string>
  /** Makes a new room. Resolves to its id. */
  readonly make: (game?: string) => Promise<string>
  readonly seatIn: (room: string, user: string) => Promise<StallSeat | undefined>
  /** All that the user has ever bought, in the order of the ledger. */
  readonly receiptsOf: (user: string) => Promise<readonly Receipt[]>
}

/** A house whose hosts run these games, and players with money. */
export async function openShop(t: Test, games: readonly Game[], options: HouseOptions = {}): Promise<OpenShop> {
  const opened = await openHouse(t, {
    ...options,
    startHost: realHost(games),
    env: { GAME_HOSTS: '2', ...options.env },
  })
  const { house } = opened
  const [first] = games
  return {
    ...opened,
    enterRich: async (user) => {
      await enrich(house, user)
      return opened.enter(user)
    },
    find: async (client, game = first?.name ?? '') => {
      const { data, error } = await client.ask(GAME.find, { game })
      if (!data) throw new Error(`not found: ${JSON.stringify(error)}`)
      return String(data['room_id'])
    },
    make: async (game = first?.name ?? '') => {
      const asRest = { namespace: 'private' as Namespace, options: {}, isLocked: false, password: null }
      return (await house.ask('gameRoomOpen', { ...asRest, game, idempotencyKey: null })).room_id
    },
    seatIn: async (room, user) => {
      const { state } = await house.ask('gameRoom', { room: room as RoomId })
      return (state as unknown as { readonly seats: Readonly<Record<string, StallSeat>> }).seats[user]
    },
    receiptsOf: async (user) => {
      const { items } = await house.ask('playerPurchases', { userId: user as UserId, limit: 1_000, cursor: null })
      return items.toReversed()
    },
  }
}

export async function enrich(house: House, user: string): Promise<void> {
  const credit = { currency: 'gold', amount: 1_000_000, idempotencyKey: `the-first-gold-of-${user}` }
  await house.ask('playerCredit', { userId: user as UserId, ...credit })
}
