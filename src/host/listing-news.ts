import type { GameRun } from '../games/run.ts'
import { checkValue } from '../games/sync/shape.ts'
import { t } from '../games/types.ts'
import type { RoomListing } from '../link/methods/host.ts'

const JSON_TYPE = t.json()

export interface ListingNewsOptions {
  readonly run: GameRun
  readonly failed: (callback: string, error: unknown) => unknown
}

/** What a search may know of a room, as often as it is something else: seats and lock at once, what the game lists each second. */
export class ListingNews {
  readonly #options: ListingNewsOptions
  #seats = -1
  #isLocked = false
  #listing = '{}'
  #isStale = true

  constructor(options: ListingNewsOptions) {
    this.#options = options
  }

  /** @param hasChanged the state is another one @returns undefined if there is no news */
  look(hasChanged: boolean): RoomListing | undefined {
    const { run } = this.#options
    this.#isStale ||= hasChanged
    const isOther = run.seats.length !== this.#seats || run.isLocked !== this.#isLocked
    const mayList = this.#isStale && (isOther || run.isCheckpointTick)
    const before = this.#listing
    if (mayList) this.#read()
    if (!isOther && this.#listing === before) return undefined
    this.#seats = run.seats.length
    this.#isLocked = run.isLocked
    return { seats: this.#seats, isLocked: this.#isLocked, listing: JSON.parse(this.#listing) }
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
