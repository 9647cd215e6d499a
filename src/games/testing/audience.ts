import type { Seat } from '../definition.ts'
import type { Failure } from '../entries.ts'
import type { GameRun } from '../run.ts'
import { applyBinaryPatch } from '../sync/apply-binary.ts'
import { applyMergePatch } from '../sync/apply-merge.ts'
import { binaryPatchOf } from '../sync/binary-patch.ts'
import { hashValue } from '../sync/hash.ts'
import { mergePatchOf } from '../sync/merge-patch.ts'
import type { Tree } from '../sync/shape.ts'
import { parseType, type TypeDescription } from '../types.ts'
import { View, viewKeyOf } from '../views.ts'

/** How many ticks behind the slow client looks again. */
const SLOW_TICKS = 7

/** What clients in each encoding have. */
interface Client {
  tick: number
  json: unknown
  binary: unknown
}

/** Those who see the same: a client who gets every patch, and one who reads slowly. */
interface Watched {
  readonly view: View
  readonly fast: Client
  readonly slow: Client
}

/** Everybody who looks at a room: they get what leaves a server, snapshots and patches in both encodings, and keep what comes of it. */
export class Audience {
  readonly #run: GameRun
  /** As a client has it: by way of JSON. */
  readonly #type: TypeDescription
  readonly #watched = new Map<string, Watched>()
  #looks = 0

  constructor(run: GameRun) {
    this.#run = run
    this.#type = parseType(JSON.parse(JSON.stringify(run.game.viewType)))
  }

  /** To be called behind each tick. Returns what failed: a function of the game, or a patch that does not give what it should. */
  look(): readonly Failure[] {
    const failures: Failure[] = []
    const attempt = (callback: string, act: () => void) => {
      try {
        act()
      } catch (error) {
        failures.push({ callback, error })
      }
    }
    const keys = new Set<string>()
    for (const seat of this.#seats()) attempt('view.key', () => keys.add(viewKeyOf(this.#run.game, this.#run, seat)))
    for (const key of this.#watched.keys()) if (!keys.has(key)) this.#watched.delete(key)
    this.#looks++
    for (const key of keys) attempt('view.of', () => this.#advance(this.#watched.get(key), key))
    return failures
  }

  /** What a seat sees; a spectator, if there is none. Throws what the game's view throws. */
  see(seat: Seat | undefined): unknown {
    const key = viewKeyOf(this.#run.game, this.#run, seat)
    return (this.#watched.get(key) ?? this.#open(key)).fast.binary
  }

  #seats(): readonly (Seat | undefined)[] {
    const { game, seats } = this.#run
    if (!game.rules.view) return [undefined]
    return game.seats.spectators ? [undefined, ...seats] : seats
  }

  #advance(watched: Watched | undefined, key: string): void {
    if (!watched) {
      this.#open(key)
      return
    }
    const { view, fast, slow } = watched
    const before = view.tree
    if (view.advance(false) !== undefined) this.#patch(view, before, fast)
    if (this.#looks % SLOW_TICKS === 0) this.#patch(view, view.at(slow.tick), slow)
  }

  #open(key: string): Watched {
    const ticksKept = Math.max(2 * this.#run.game.hz, 2 * SLOW_TICKS)
    const view = new View(this.#run, key, { number: this.#watched.size, ticksKept })
    const [fast, slow] = [newClient(), newClient()]
    this.#patch(view, undefined, fast)
    this.#patch(view, undefined, slow)
    const watched = { view, fast, slow }
    this.#watched.set(key, watched)
    return watched
  }

  /** A patch from what the client has; a snapshot from nothing. */
  #patch({ shape, tree, tick, hash }: View, before: Tree | undefined, client: Client): void {
    const json = JSON.parse(mergePatchOf(shape, before, tree)) as unknown
    client.json = before === undefined ? json : applyMergePatch(client.json, json)
    const isFirst = before === undefined
    client.binary = applyBinaryPatch(
      this.#type,
      isFirst ? undefined : client.binary,
      binaryPatchOf(shape, before, tree),
    )
    client.tick = tick
    for (const encoding of ['json', 'binary'] as const) {
      if (hashValue(client[encoding]) === hash) continue
      throw new Error(
        `a ${encoding} client has another state than the room: this is a fault of Drumbeat, please report it`,
      )
    }
  }
}

function newClient(): Client {
  return { tick: 0, json: undefined, binary: undefined }
}
