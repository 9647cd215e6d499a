import type { Seat } from '../games/definition.ts'
import type { GameRun } from '../games/run.ts'
import { binaryPatchOf } from '../games/sync/binary-patch.ts'
import { mergePatchOf } from '../games/sync/merge-patch.ts'
import type { Tree } from '../games/sync/shape.ts'
import { View, viewKeyOf } from '../games/views.ts'
import type { BlockPatch } from '../link/game-block.ts'
import type { CatchUp, RoomSnapshot } from '../link/methods/host.ts'
import { binaryPatchFrame, jsonPatchFrame, type PatchParts } from './patch-frame.ts'
import { SeatNews } from './seat-news.ts'

export type Encoding = 'json' | 'binary'

/** A view, and the connections that see it, by what they read. */
interface Seen {
  readonly view: View
  readonly viewers: Readonly<Record<Encoding, Set<number>>>
}

interface Place {
  readonly seen: Seen
  readonly encoding: Encoding
}

export interface RoomViewsOptions {
  readonly run: GameRun
  readonly handle: number
  /** A function of the game, such as `view.of`, threw. */
  readonly onFailure: (callback: string, error: unknown) => void
}

/** How long there is a patch from what was seen to now. */
const KEPT_S = 2
/** Of rooms whose ticks have no length. */
const KEPT_TICKS = 40
/** The number of a view travels as 16 bits. */
const NUMBERS = 2 ** 16

/** What the connections of a room see: one patch for all that see the same and read the same encoding. */
export class RoomViews {
  readonly #options: RoomViewsOptions
  readonly #ticksKept: number
  readonly #byKey = new Map<string, Seen>()
  readonly #places = new Map<number, Place>()
  readonly #seats: SeatNews
  #nextNumber = 0

  constructor(options: RoomViewsOptions) {
    this.#options = options
    const { hz } = options.run.game
    this.#ticksKept = hz === 0 ? KEPT_TICKS : KEPT_S * hz
    this.#seats = new SeatNews(options.run, this.#ticksKept)
  }

  /** The connection sees what the seat sees from now on; undefined: what spectators do. Throws what the game throws. */
  attach(viewer: number, seat: Seat | undefined, encoding: Encoding): void {
    const { run } = this.#options
    const key = viewKeyOf(run.game, run, seat)
    const seen = this.#byKey.get(key) ?? this.#open(key)
    this.detach(viewer)
    this.#byKey.set(key, seen)
    seen.viewers[encoding].add(viewer)
    this.#places.set(viewer, { seen, encoding })
  }

  /** What is seen with the key in this tick, if a connection sees it and has been told. */
  current(key: string): Tree | undefined {
    const view = this.#byKey.get(key)?.view
    return view?.isCurrent === true ? view.tree : undefined
  }

  has(viewer: number): boolean {
    return this.#places.has(viewer)
  }

  detach(viewer: number): void {
    const place = this.#places.get(viewer)
    if (!place) return
    const { view, viewers } = place.seen
    this.#places.delete(viewer)
    viewers[place.encoding].delete(viewer)
    if (viewers.json.size + viewers.binary.size === 0) this.#byKey.delete(view.key)
  }

  /**
   * Looks whether the connections see something else, as the key of their seat is another one. Returns those of which that is so.
   * @param seatOf undefined: the connection watches; null: it goes
   */
  rekey(seatOf: (viewer: number) => Seat | undefined | null): readonly number[] {
    const { run, onFailure } = this.#options
    if (!run.game.rules.view) return []
    const moved: number[] = []
    for (const [viewer, { seen, encoding }] of Array.from(this.#places)) {
      const seat = seatOf(viewer)
      if (seat === null) continue
      try {
        if (viewKeyOf(run.game, run, seat) === seen.view.key) continue
        this.attach(viewer, seat, encoding)
        moved.push(viewer)
      } catch (error) {
        onFailure('view', error)
      }
    }
    return moved
  }

  /** The room has come to where it is by a replay, of which nobody was told: what is told from now on leads on from here. */
  replayed(): void {
    this.#seats.advance()
  }

  /** What this tick says to whom. */
  patches(news: Pick<PatchParts, 'acks' | 'events'>): readonly BlockPatch[] {
    const { run, onFailure } = this.#options
    const { tick } = run
    this.#seats.advance()
    const patches: BlockPatch[] = []
    for (const seen of this.#byKey.values()) {
      try {
        const { view } = seen
        const { tree: before, tick: last } = view
        // Its own news: a view that has failed has told nobody of the ticks before.
        const seats = this.#seats.since(last)
        const base = view.advance(news.acks.size > 0 || news.events.length > 0 || seats !== undefined)
        if (base === undefined) continue
        const hash = view.isHashDue ? view.takeHash() : undefined
        this.#encode(seen, before, { ...news, tick, base, hash, seats }, patches)
      } catch (error) {
        onFailure('view', error)
      }
    }
    return patches
  }

  /** Throws if the connection sees nothing. */
  snapshotOf(viewer: number): RoomSnapshot {
    const { view } = this.#placeOf(viewer).seen
    return {
      view: view.number,
      tick: view.tick,
      seats: this.#seats.seats,
      state: mergePatchOf(view.shape, undefined, view.tree),
      hash: view.hash,
    }
  }

  /** A patch from what was seen at that tick, or a snapshot where that is smaller or all there is; neither if nothing has come since. */
  catchUp(viewer: number, base: number): CatchUp {
    const { seen, encoding } = this.#placeOf(viewer)
    const { view } = seen
    if (base === view.tick) return { kind: 'current', tick: base, view: view.number }
    const before = view.at(base)
    const snapshot = this.snapshotOf(viewer)
    if (before === undefined) return { kind: 'snapshot', ...snapshot }
    const seats = this.#seats.since(base)
    const parts = { acks: NO_ACKS, events: [], tick: view.tick, base, hash: snapshot.hash, seats }
    const patch = this.#frame(encoding, view, before, parts)
    if (patch.length > snapshot.state.length) return { kind: 'snapshot', ...snapshot }
    return { kind: 'patch', patch, tick: view.tick, view: view.number }
  }

  #encode({ view, viewers }: Seen, before: Tree, parts: PatchParts, into: BlockPatch[]): void {
    const { handle } = this.#options
    for (const encoding of ['json', 'binary'] as const) {
      if (viewers[encoding].size === 0) continue
      const { tick, base } = parts
      const bytes = this.#frame(encoding, view, before, parts)
      into.push({ handle, tick, base, view: view.number, encoding, bytes })
    }
  }

  #frame(encoding: Encoding, { shape, tree }: View, before: Tree, parts: PatchParts): Uint8Array {
    const { handle, run } = this.#options
    return encoding === 'json'
      ? jsonPatchFrame(run.roomId, mergePatchOf(shape, before, tree), parts)
      : binaryPatchFrame(handle, binaryPatchOf(shape, before, tree), parts)
  }

  #open(key: string): Seen {
    const { run } = this.#options
    const taken = new Set(Array.from(this.#byKey.values(), ({ view }) => view.number))
    while (taken.has(this.#nextNumber)) this.#nextNumber = (this.#nextNumber + 1) % NUMBERS
    const number = this.#nextNumber
    this.#nextNumber = (number + 1) % NUMBERS
    const view = new View(run, key, { number, ticksKept: this.#ticksKept })
    return { view, viewers: { json: new Set(), binary: new Set() } }
  }

  #placeOf(viewer: number): Place {
    const place = this.#places.get(viewer)
    if (!place) throw new Error(`the connection ${viewer} sees nothing`)
    return place
  }
}

const NO_ACKS: ReadonlyMap<string, number> = new Map()
