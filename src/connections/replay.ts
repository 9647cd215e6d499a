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

/** The place from which a returning connection continues. */
export interface Resume {
  /** Undefined if the client's cursor cannot be read. */
  readonly cursor: Cursor | undefined
  /** The events after the cursor that the hub no longer held, and that were read from the store. */
  readonly recalled?: Recalled | undefined
}

/** Replays to returning connections what they missed: first what only the store still has, then what the hub holds. */
export class Replays {
  readonly #options: ReplaysOptions
  /** For each connection, what it still has to get before the hub's part. */
  readonly #recalled = new Map<string, Recalled>()
  /**
   * For each connection, the channels with which its replay was counted, until it has all of it. A room may end meanwhile, and
   * its events still have to come.
   */
  readonly #channels = new Map<string, readonly Channel[]>()

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  /** Whether the hub does not hold the events after the cursor, so that `recall` has to fetch them. */
  mustRecall(cursor: Cursor | undefined): cursor is Cursor {
    const { hub } = this.#options
    return cursor?.epoch === hub.epoch && !hub.holds(cursor)
  }

  /**
   * If the cursor is ahead of this node, waits until the node has caught up. If it is older than what the hub holds, reads the
   * events after it from the store. (A room that is joined later needs nothing older than what the hub holds.) Returns undefined
   * if the hub then holds everything, or if the store does not have it. `begin` tells the two apart.
   */
  async recall(cursor: Cursor, channels: () => readonly Channel[]): Promise<Recalled | undefined> {
    const { hub, cluster, log } = this.#options
    try {
      if (cursor.offset > hub.head) await cluster.catchUp()
      return cursor.offset >= hub.floor ? undefined : await hub.recall.read(cursor.offset, channels())
    } catch (cause) {
      log.debug({ err: toError(cause) }, 'older events, which a client missed, could not be read from the store')
      return undefined // `begin` answers HISTORY_GONE if the hub does not hold them
    }
  }

  /**
   * How many events the connection has missed, or why they cannot be replayed. Events after the hub's head are delivered as they
   * come.
   */
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

  /** The next part of a replay, after `offset`. Returns undefined if these events are no longer held. */
  more(connection: Connection, offset: number): ReplayChunk | undefined {
    const { hub } = this.#options
    const recalled = this.#recalled.get(connection.id)
    const older = recalled?.entries.filter((entry) => entry.offset > offset) ?? []
    // The hub's part comes after the recalled events.
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
