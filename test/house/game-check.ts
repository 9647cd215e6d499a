import { createPublicKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import type { InspectedRoom } from '../../src/link/methods/games.ts'
import type { UserId } from '../../src/protocol/ids.ts'
import type { RoomGame } from '../../src/protocol/shapes/games.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import type { House } from '../helpers/house/house.ts'
import type { GamePlayer } from './game-player.ts'

/** What is promised of a seat: it is taken, then lost and found again any number of times, then given up; and so again. */
const LIFE = /^(?:join (?:drop back )*(?:drop )?leave )*(?:join (?:drop back )*(?:drop )?)?$/

/** A bot does something in each tick, of which some are made up for at once. */
const BOT_TICKS = 10

interface ArenaState {
  readonly lives: Readonly<Record<string, readonly string[]>>
  readonly added: Readonly<Record<string, number>>
  readonly disorder: number
  readonly beside: number
  readonly walked: Readonly<Record<string, number>>
  readonly shop: Readonly<Record<string, Shopper>>
}

/** What a seat had when it was taken, and the purchases that it has heard of since. */
interface Shopper {
  readonly had: Readonly<Record<string, number>>
  readonly heard: readonly string[]
}

interface Ended {
  readonly room: string
  readonly why: string
  readonly result: (Pick<ArenaState, 'added' | 'disorder' | 'shop'> & { readonly endedBy: string }) | null
}

interface Body {
  readonly eventType?: string
  readonly room?: string
  readonly payload?: {
    readonly status?: string
    readonly data?: unknown
    readonly why?: string
    readonly result?: Ended['result']
  }
}

/** Looks at every promise to those who play in rooms with games, when all is well again. Returns what was not kept, a line each. */
export class GameCheck {
  readonly #house: House
  readonly #players: readonly (readonly [user: string, player: GamePlayer])[]
  readonly #wrong: string[] = []

  constructor(house: House, players: readonly (readonly [user: string, player: GamePlayer])[]) {
    this.#house = house
    this.#players = players
  }

  async look(): Promise<readonly string[]> {
    const bodies = this.#house.log.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Body)
    const ended = this.#lookAtEnds(bodies)
    this.#lookAtSentences(bodies)
    await this.#lookAtRewards(ended)
    for (const room of this.#house.node.context.games.rooms.all) {
      if (room.game.name === 'arena') await this.#lookAtRoom(room.id)
    }
    for (const { room, result } of ended.values()) {
      if (!result) continue
      this.#lookAtInputs(room, result)
      await this.#lookAtPurchases(room, result.shop, false)
    }
    await this.#lookAtBooks()
    return this.#wrong
  }

  /** Each room ends once, and none because its game failed: the games are sound. */
  #lookAtEnds(bodies: readonly Body[]): ReadonlyMap<string, Ended> {
    const ended = new Map<string, Ended>()
    for (const { eventType, room = '', payload } of bodies) {
      if (eventType !== 'core.game.room.status' || payload?.status !== 'over') continue
      if (ended.has(room)) this.#wrong.push(`${room} ended twice`)
      if (payload.why === 'failed') this.#wrong.push(`${room} failed`)
      ended.set(room, { room, why: payload.why ?? '', result: payload.result ?? null })
    }
    return ended
  }

  /** What a game was to say, and said it would, stands in the log once. */
  #lookAtSentences(bodies: readonly Body[]): void {
    const times = new Map<unknown, number>()
    for (const { eventType, payload } of bodies) {
      if (eventType === 'core.game.room.message') times.set(payload?.data, (times.get(payload?.data) ?? 0) + 1)
    }
    for (const [text, count] of times) if (count > 1) this.#wrong.push(`"${String(text)}" was said ${count} times`)
    for (const [, { said }] of this.#players)
      for (const text of said) if (!times.has(text)) this.#wrong.push(`"${text}" was never said`)
  }

  async #lookAtRewards(ended: ReadonlyMap<string, Ended>): Promise<void> {
    for (const user of new Set(this.#players.map(([name]) => name))) {
      const won = [...ended.values()].filter(({ result }) => result?.endedBy === user).length
      const { balances } = await this.#house.ask('playerGet', { userId: user as UserId })
      if ((balances['medals'] ?? 0) !== won)
        this.#wrong.push(`${user} won ${won} and was paid ${balances['medals'] ?? 0}`)
    }
  }

  async #lookAtRoom(room: string): Promise<void> {
    const { state, tick, seats, seats_max } = await this.#house.ask('gameRoom', { room: room as never })
    const arena = state as unknown as ArenaState & { readonly ticks: number }
    if (arena.ticks !== tick) this.#wrong.push(`${room}: ${arena.ticks} ticks have run by tick ${tick}`)
    this.#lookAtInputs(room, arena)
    if (arena.beside > 0) this.#wrong.push(`${room}: a bot has walked ${arena.beside} times beside its player`)
    const hasPlayer = seats.some(({ bot }) => bot === null)
    if (hasPlayer && seats.length < seats_max) this.#wrong.push(`${room}: bots do not fill it: ${seats.length} seats`)
    for (const { user, bot } of seats) {
      const since = tick - (arena.walked[user] ?? 0)
      if (bot !== null && since > BOT_TICKS) this.#wrong.push(`${room}: ${user} has not walked for ${since} ticks`)
    }
    await this.#lookAtPurchases(room, arena.shop, true)
    for (const [user, life] of Object.entries(arena.lives)) {
      if (!LIFE.test(life.map((one) => `${one} `).join('')))
        this.#wrong.push(`${room}: the seat of ${user} was ${life.join(', ')}`)
    }
    for (const [user, { played }] of this.#players) {
      const seen = played.get(room)?.room
      if (!seen || seen.isOver || !this.#players.some(([, player]) => player.rooms.some((one) => one.room === seen)))
        continue
      const { lives, added } = seen.state as unknown as ArenaState
      if (JSON.stringify([sorted(lives), sorted(added)]) !== JSON.stringify([sorted(arena.lives), sorted(arena.added)]))
        this.#wrong.push(`${user} sees another state of ${room} than there is`)
      if (!isDeepStrictEqual(seen.seats, seatsSeen(seats)))
        this.#wrong.push(`${user} sees other seats of ${room} than there are: ${JSON.stringify(seen.seats)}`)
    }
  }

  /**
   * What a seat has is all that its player had bought by then: an inventory, and behind it each purchase once, in the order of the ledger.
   * @param isLast it has to have all of them by now
   */
  async #lookAtPurchases(room: string, shop: ArenaState['shop'], isLast: boolean): Promise<void> {
    for (const [user, { had, heard }] of Object.entries(shop)) {
      const bought = await this.#receiptsOf(user)
      const first = heard.length === 0 ? -1 : bought.findIndex(({ purchase_id }) => purchase_id === heard[0])
      const before = heard.length > 0 ? first : isLast ? bought.length : countOf(had)
      const behind = bought.slice(before).map(({ purchase_id }) => purchase_id)
      const isWhole = isLast ? behind.length === heard.length : behind.length >= heard.length
      if (countOf(had) !== before || !isWhole || heard.some((id, i) => id !== behind[i]))
        this.#wrong.push(
          `${room}: ${user} had bought ${countOf(had)} and heard of ${heard.length}, of ${bought.length} in the ledger`,
        )
    }
  }

  /** Each purchase is of one piece. */
  async #receiptsOf(user: string): Promise<readonly Receipt[]> {
    const page = { limit: 1_000, cursor: null }
    return (await this.#house.ask('playerPurchases', { userId: user as UserId, ...page })).items.toReversed()
  }

  /** The ledger as a whole: chained, signed, nothing twice. */
  async #lookAtBooks(): Promise<void> {
    const { items } = await this.#house.ask('ledgerList', { limit: 1_000, cursor: null })
    const verifier = new LedgerVerifier([createPublicKey(this.#house.node.context.receiptKey.signingKey)])
    for (const line of items) verifier.add(line)
    this.#wrong.push(...verifier.finish().problems)
  }

  /** Each acknowledged input was done, none twice, and no refused one. */
  #lookAtInputs(room: string, { added, disorder }: Pick<ArenaState, 'added' | 'disorder'>): void {
    if (disorder > 0) this.#wrong.push(`${room}: ${disorder} inputs came out of order, or twice`)
    for (const user of new Set(this.#players.map(([name]) => name))) {
      const own = this.#players.filter(([name]) => name === user).flatMap(([, { played }]) => played.get(room) ?? [])
      const sent = own.reduce((sum, one) => sum + one.sent, 0)
      const done = own.reduce((sum, one) => sum + one.done, 0)
      const there = added[user] ?? 0
      if (there < done || there > sent)
        this.#wrong.push(`${room}: ${user} sent ${sent}, ${done} were acknowledged, and ${there} are there`)
    }
  }
}

function countOf(had: Shopper['had']): number {
  return Object.values(had).reduce((sum, count) => sum + count, 0)
}

/** What clients are told of these seats. */
function seatsSeen(seats: InspectedRoom['seats']): RoomGame['seats'] {
  return Object.fromEntries(
    seats.map(({ user, isConnected, bot, standIn }) => {
      const player = bot ?? standIn
      return [user, { is_connected: isConnected, ...(player !== null && { bot: player }) }]
    }),
  )
}

function sorted(values: object): readonly (readonly [string, unknown])[] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
}
