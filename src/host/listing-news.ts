import type { GameRun } from '../games/run.ts'
import { checkValue } from '../games/sync/shape.ts'
import { t } from '../games/types.ts'
import type { RoomListing } from '../link/methods/host.ts'

const JSON_TYPE = t.json()

export interface ListingNewsOptions {
  readonly run: GameRun
  readonly failed: (callback: string, error: unknown) => unknown
}

/**
 * Finds what a search of rooms has to know, whenever it has changed. Seats and lock are looked at in each tick. What the game
 * lists is read again when they change, and in ticks with a checkpoint.
 */
export class ListingNews {
  readonly #options: ListingNewsOptions
  #seen: Omit<RoomListing, 'listing'> = { seats: -1, bots: 0, yielding: 0, isLocked: false }
  #listing = '{}'
  #isStale = true

  constructor(options: ListingNewsOptions) {
    this.#options = options
  }

  /**
   * Returns undefined if nothing has changed.
   * @param hasChanged whether the state has changed
   */
  look(hasChanged: boolean): RoomListing | undefined {
    const { run } = this.#options
    this.#isStale ||= hasChanged
    const seen = seenOf(run)
    const { seats, bots, yielding, isLocked } = this.#seen
    const isOther =
      seen.seats !== seats || seen.bots !== bots || seen.yielding !== yielding || seen.isLocked !== isLocked
    const mayList = this.#isStale && (isOther || run.isCheckpointTick)
    const before = this.#listing
    if (mayList) this.#read()
    if (!isOther && this.#listing === before) return undefined
    this.#seen = seen
    return { ...seen, listing: JSON.parse(this.#listing) }
  }

  #read(): void {
    const { run, failed } = this.#options
    const { listing } = run.game.rules
    this.#isStale = false
    if (!listing) return
    try {
      this.#listing = JSON.stringify(checkValue(JSON_TYPE, run.read('listing', listing)))
    } catch (error) {
      failed('listing', error)
    }
  }
}

function seenOf({ seats, yielding, isClosed }: GameRun): Omit<RoomListing, 'listing'> {
  const bots = seats.reduce((count, { bot }) => count + Number(bot !== undefined), 0)
  return { seats: seats.length, bots, yielding, isLocked: isClosed }
}
