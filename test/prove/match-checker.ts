import { decodeEntry, linesOf, type LedgerEntry } from '../../src/ledger/entries.ts'
import { PRIZE } from './games/stakes-game.ts'

/** What a player was told of a match that is over. */
export interface SeenEnd {
  readonly room: string
  readonly result: {
    readonly winner: string
    readonly players: Readonly<Record<string, { readonly had: number; readonly heard: readonly string[] }>>
  }
}

interface Reward {
  readonly user: string
  readonly amount: number
  readonly place: number
  readonly revision: number
}

const MATCH = 'once/match/'

/**
 * G8: is what players were told of their matches what the ledger has? Each match that ended is paid once, in one step with its end; what never ended pays
 * nothing; and each room was told of each purchase of its players once, in the order of the ledger. Records come from the store, read without the server.
 */
export class MatchChecker {
  /** By room: the revision of its end. */
  readonly #ends = new Map<string, number>()
  readonly #rewards = new Map<string, Reward[]>()
  readonly #purchases = new Map<string, LedgerEntry[]>()
  readonly #wrong: string[] = []

  /** @param key as the store port names it */
  addRecord(key: string, bytes: Uint8Array, revision: number): void {
    if (key.startsWith(MATCH)) this.#ends.set(key.slice(MATCH.length).replace(/\/end$/, ''), revision)
    if (!key.startsWith('ledger/')) return
    for (const entry of linesOf(bytes).map(decodeEntry)) {
      if (entry.kind === 'purchase') push(this.#purchases, entry.user_id, entry)
      if (entry.kind !== 'reward') continue
      const { room = '', reward: place = -1 } = entry.match ?? {}
      push(this.#rewards, room, { user: entry.user_id, amount: entry.amount, place, revision })
    }
  }

  /** How many matches have ended. */
  get ended(): number {
    return this.#ends.size
  }

  /** What is wrong, a line each. @param lost rooms that players were told are lost */
  check(seen: readonly SeenEnd[], lost: ReadonlySet<string>): readonly string[] {
    for (const entries of this.#purchases.values()) entries.sort((a, b) => a.entry - b.entry)
    for (const [room, rewards] of this.#rewards) this.#checkRewards(room, rewards)
    for (const room of this.#ends.keys())
      if (!this.#rewards.has(room)) this.#wrong.push(`${room} ended and paid nothing`)
    for (const end of seen) this.#checkSeen(end)
    for (const { room } of seen) if (lost.has(room)) this.#wrong.push(`${room} was over, and lost`)
    return this.#wrong
  }

  #checkRewards(room: string, rewards: readonly Reward[]): void {
    const revision = this.#ends.get(room)
    if (revision === undefined) this.#wrong.push(`${room} was paid, and did not end`)
    if (rewards.some((reward) => reward.revision !== revision))
      this.#wrong.push(`${room} was paid in another step than its end`)
    const shown = rewards.map(({ place, amount }) => `${place}:${amount}`).toSorted()
    const users = new Set(rewards.map(({ user }) => user)).size
    const prizes = [PRIZE.winner, PRIZE.other].toSorted((a, b) => a - b)
    const amounts = rewards.map(({ amount }) => amount).toSorted((a, b) => a - b)
    if (users !== 2 || amounts.join() !== prizes.join()) this.#wrong.push(`${room} paid ${shown.join()} to ${users}`)
  }

  #checkSeen({ room, result: { winner, players } }: SeenEnd): void {
    const paid = this.#rewards.get(room)?.find(({ amount }) => amount === PRIZE.winner)?.user
    if (paid !== winner) this.#wrong.push(`${room}: ${winner} won, and ${String(paid)} was paid for it`)
    for (const [user, { had, heard }] of Object.entries(players)) {
      const bought = (this.#purchases.get(user) ?? []).map(({ receipt }) => receipt?.purchase_id)
      const expected = bought.slice(had, had + heard.length)
      if (had > bought.length || heard.join() !== expected.join())
        this.#wrong.push(`${room}: ${user} had ${had} and heard of ${heard.join()}, not of ${expected.join()}`)
    }
  }
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key)
  if (values) values.push(value)
  else map.set(key, [value])
}
