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

/** A view, and the connections that have it, by their encoding. */
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
  /** Called when a function of the game, such as `view.of`, threw. */
  readonly onFailure: (callback: string, error: unknown) => void
}

/** For how many seconds a patch can be made from an earlier tick to the current one. */
const KEPT_S = 2
/** The same in ticks, for rooms whose ticks have no fixed length. */
const KEPT_TICKS = 40
/** The number of a view is sent as 16 bits. */
const NUMBERS = 2 ** 16

/** What the connections of a room see. All connections with the same view and encoding share one patch. */
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

  /**
   * From now on the connection has the view of the seat, or that of spectators if `seat` is undefined. Throws what the game
   * throws.
   */
  attach(viewer: number, seat: Seat | undefined, encoding: Encoding): void {
    const { run } = this.#options
    const key = viewKeyOf(run.game, run, seat)
    const seen = this.#byKey.get(key) ?? this.#open(key)
    this.detach(viewer)
    this.#byKey.set(key, seen)
    seen.viewers[encoding].add(viewer)
    this.#places.set(viewer, { seen, encoding })
  }

  /**
   * What the view with this key shows in this tick. Returns undefined if no connection has that view or it was not computed in
   * this tick.
   */
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
   * Checks whether the key of a seat has changed, so that its connections have another view. Returns these connections.
   * @param seatOf returns undefined for a spectator, and null for a connection that leaves
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

  /** Call this after a replay, of which nobody was told. What is told from now on begins here. */
  replayed(): void {
    this.#seats.advance()
  }

  /** Makes the patches of this tick, for each view. */
  patches(news: Pick<PatchParts, 'acks' | 'events'>): readonly BlockPatch[] {
    const { run, onFailure } = this.#options
    const { tick } = run
    this.#seats.advance()
    const patches: BlockPatch[] = []
    for (const seen of this.#byKey.values()) {
      try {
        const { view } = seen
        const { tree: before, tick: last } = view
        // The changes of seats since this view's own last tick. If a view has failed, its connections were not told of the ticks
        // before.
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

  /** Throws if the connection has no view. */
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

  /**
   * Returns a patch from that tick to now. Returns a snapshot if it is smaller, or if no patch can be made, and neither if
   * nothing has changed since.
   */
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
