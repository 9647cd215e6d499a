import { toError } from '../base/assert.ts'
import type { Log } from '../base/log.ts'
import { toChunk, type Cursor, type Hub, type Replay, type ReplayChunk } from '../hub/hub.ts'
import type { Recalled } from '../hub/recall.ts'
import type { Channel } from '../protocol/ids.ts'
import type { Cluster } from '../store/cluster.ts'
import { channelsOf, type Connection } from './connection.ts'

export interface ReplaysOptions {
  readonly hub: Hub
  readonly cluster: Cluster
  readonly log: Log
}

/** Where a connection goes on. */
export interface Resume {
  /** undefined: it cannot be read. */
  readonly cursor: Cursor | undefined
  /** What the hub no longer holds behind the cursor. */
  readonly recalled?: Recalled | undefined
}

/** What connections that come back have missed: first what only the store has any more, then what the hub holds. */
export class Replays {
  readonly #options: ReplaysOptions
  /** What connections have still to get before the hub's part. */
  readonly #recalled = new Map<string, Recalled>()
  /** The channels that a connection's replay was counted with, until it has all of it: a room may end meanwhile, and what it said is still to come. */
  readonly #channels = new Map<string, readonly Channel[]>()

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  /** Whether `recall` has something to read: the hub does not hold what follows the cursor, but the log may have it. */
  mustRecall(cursor: Cursor | undefined): cursor is Cursor {
    const { hub } = this.#options
    return cursor?.epoch === hub.epoch && !hub.holds(cursor)
  }

  /**
   * Makes this node follow a cursor that is ahead of it, and reads the events behind one that is older than what the hub holds.
   * A room that is joined after that needs nothing older than what the hub holds.
   * Returns undefined if the hub holds everything then, or if the store does not have it: `begin` tells them apart.
   */
  async recall(cursor: Cursor, channels: () => readonly Channel[]): Promise<Recalled | undefined> {
    const { hub, cluster, log } = this.#options
    try {
      if (cursor.offset > hub.head) await cluster.catchUp()
      return cursor.offset >= hub.floor ? undefined : await hub.recall.read(cursor.offset, channels())
    } catch (cause) {
      log.debug({ err: toError(cause) }, 'the history that a client wants could not be read')
      return undefined // what is not held here is answered with HISTORY_GONE
    }
  }

  /** How much the connection has missed, or why that cannot be given. What comes after the hub's head follows by the hub. */
  begin(connection: Connection, resume: Resume): Replay {
    const channels = channelsOf(connection)
    const replay = this.#count(connection, resume, channels)
    if (replay.recovered && replay.count > 0) this.#channels.set(connection.id, channels)
    return replay
  }

  #count(connection: Connection, { cursor, recalled }: Resume, channels: readonly Channel[]): Replay {
    const { hub } = this.#options
    if (!recalled || !cursor) return hub.replay(cursor, channels, 0)
    const replay = hub.replay({ epoch: cursor.epoch, offset: recalled.upTo }, channels, 0)
    if (!replay.recovered) return replay
    const joined = new Set(channels)
    const entries = recalled.entries.filter(({ channel }) => joined.has(channel))
    this.#recalled.set(connection.id, { ...recalled, entries })
    return { ...replay, count: replay.count + entries.length }
  }

  /** What more there is of a replay, after `offset`. Returns undefined if it is not held any more. */
  more(connection: Connection, offset: number): ReplayChunk | undefined {
    const { hub } = this.#options
    const recalled = this.#recalled.get(connection.id)
    const older = recalled?.entries.filter((entry) => entry.offset > offset) ?? []
    // The hub's part comes behind it.
    if (recalled && older.length > 0) return toChunk(older, Infinity)
    this.#recalled.delete(connection.id)
    const cursor = { epoch: hub.epoch, offset: Math.max(offset, recalled?.upTo ?? 0) }
    const replay = hub.replay(cursor, this.#channels.get(connection.id) ?? channelsOf(connection))
    if (!replay.recovered) return undefined
    if (replay.chunk.complete) this.#channels.delete(connection.id)
    return replay.chunk
  }

  forget(connection: Connection): void {
    this.#recalled.delete(connection.id)
    this.#channels.delete(connection.id)
  }
}
