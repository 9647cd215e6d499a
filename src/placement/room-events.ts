import type { Clock } from '../base/clock.ts'
import { delay } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import { namedUuid } from '../base/random.ts'
import { CANARY } from '../hub/control.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import type { Hub } from '../hub/hub.ts'
import type { RoomEnding } from '../link/methods/host.ts'
import { encodeEvent, eventRecord } from '../protocol/event-body.ts'
import { Refusal } from '../protocol/errors.ts'
import { SERVER_EVENT, type JsonObject, type JsonValue } from '../protocol/events.ts'
import { roomChannel, SERVER_SENDER, userChannel, type Channel, type UserId } from '../protocol/ids.ts'
import type { LogRecord } from '../store/store.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface RoomEventsOptions {
  readonly commits: Pick<GroupCommit, 'append'>
  readonly hub: Pick<Hub, 'history' | 'reached' | 'head' | 'floor'>
  readonly clock: Clock
  readonly log: Log
}

type Ending = Pick<RoomEnding, 'why' | 'tick' | 'result'>

/** The place of a message: its tick, and its number among the messages of that tick. */
export interface Place {
  readonly tick: number
  readonly nth: number
}

interface RoomEvent {
  /** The same each time the room says it again, so that repetitions are recognised. */
  readonly id: string
  readonly eventType: string
  readonly channel: Channel
  readonly payload: JsonObject
}

/**
 * How many events of one room may wait for the log. If there are more, the game says too much, or the log has stood still for a
 * long time.
 */
const WAITING_MAX = 1_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5_000

/**
 * Writes the events of games that nobody may miss into the log, those of a room in their order. If the log does not take an event
 * now, it is tried again.
 */
export class RoomEvents {
  readonly #options: RoomEventsOptions
  readonly #saidBefore = new Set<string>()
  readonly #last = new Map<PlacedRoom, { end: Promise<void>; waiting: number }>()

  constructor(options: RoomEventsOptions) {
    this.#options = options
  }

  /**
   * @param to a user of the room, or `all`
   * @param at the place of the message
   */
  say(room: PlacedRoom, { to, data }: { readonly to: string; readonly data: JsonValue }, at: Place): void {
    const channel = to === 'all' ? roomChannel(room.namespace, room.id) : userChannel(to as UserId)
    const id = namedUuid(`${room.id} ${at.tick} ${at.nth}`, room.opened.startMs)
    void this.#add(room, { id, eventType: SERVER_EVENT.message, channel, payload: { room: room.id, data } })
  }

  /**
   * Rooms that come back repeat what they have said since their checkpoints. What is in the log already is left out from now on.
   */
  beginReturn(): void {
    const { hub } = this.#options
    for (const { id } of hub.history(hub.floor)) if (id !== null) this.#saidBefore.add(id)
  }

  endReturn(): void {
    this.#saidBefore.clear()
  }

  /** Whether something that the room has said is not in the log yet. */
  isSaying(room: PlacedRoom): boolean {
    return this.#last.has(room)
  }

  /** Announces the end of the room. Resolves when all connections of the room on this node were sent it. */
  async over(room: PlacedRoom, ending: Ending): Promise<void> {
    await this.#add(room, overEvent(room, ending), true)
  }

  /** Makes the record of the event that `over` puts into the log, for a caller that writes it together with something else. */
  recordOfOver(room: PlacedRoom, ending: Ending): LogRecord {
    return this.#recordOf(room, overEvent(room, ending))
  }

  /** Resolves when everything that the room has said so far is in the log. */
  async said(room: PlacedRoom): Promise<void> {
    await this.#last.get(room)?.end
  }

  /** Resolves when all connections on this node were sent what is in the log now. */
  async sent(): Promise<void> {
    for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)) {
      const result = await this.#append(CANARY)
      if (!(result instanceof Refusal)) return this.#options.hub.reached(result)
      await delay(retryMs)
    }
  }

  #add(room: PlacedRoom, event: RoomEvent, isLast = false): Promise<void> {
    if (this.#saidBefore.has(event.id)) return Promise.resolve()
    const queue = this.#last.get(room) ?? { end: Promise.resolve(), waiting: 0 }
    this.#last.set(room, queue)
    if (queue.waiting >= WAITING_MAX && !isLast) {
      this.#options.log.error(
        { room: room.id, waiting: queue.waiting },
        'a game says more than the log takes: an event is lost',
      )
      return queue.end
    }
    queue.waiting++
    queue.end = queue.end
      .then(() => this.#put(room, event))
      .finally(() => {
        if (--queue.waiting === 0) this.#last.delete(room)
      })
    return queue.end
  }

  async #put(room: PlacedRoom, event: RoomEvent): Promise<void> {
    const { hub, log } = this.#options
    const { eventType } = event
    const record = this.#recordOf(room, event)
    const { id } = record.head
    const after = hub.head
    for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)) {
      const result = await this.#append(record)
      if (!(result instanceof Refusal)) {
        await hub.reached(result)
        return
      }
      log.warn(
        { room: room.id, eventType, code: result.code },
        'an event of a game could not be written into the log; trying again',
      )
      await delay(retryMs)
      if (result.code === 'OUTCOME_UNKNOWN' && this.#isThere(id, after)) return
    }
  }

  #recordOf(room: PlacedRoom, { id, eventType, channel, payload }: RoomEvent) {
    const { clock } = this.#options
    const event = encodeEvent({
      id,
      eventType,
      namespace: room.namespace,
      room: room.id,
      userId: SERVER_SENDER,
      timestamp: clock.wallMs(),
      traceparent: undefined,
      payload,
    })
    const record = eventRecord(channel, event)
    return { ...record, head: { ...record.head, id } }
  }

  #append(record: LogRecord): Promise<number | Refusal> {
    return new Promise((resolve) => this.#options.commits.append({ record }, resolve))
  }

  #isThere(id: string, after: number): boolean {
    for (const event of this.#options.hub.history(after)) if (event.id === id) return true
    return false
  }
}

function overEvent({ namespace, id, opened }: PlacedRoom, { why, tick, result }: Ending): RoomEvent {
  const payload = { status: 'over', tick, why, result }
  return {
    id: namedUuid(`${id} over`, opened.startMs),
    eventType: SERVER_EVENT.status,
    channel: roomChannel(namespace, id),
    payload,
  }
}
