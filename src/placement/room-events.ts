import type { Clock } from '../base/clock.ts'
import { delay } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import type { Hub } from '../hub/hub.ts'
import { encodeEvent, eventRecord } from '../protocol/event-body.ts'
import { Refusal } from '../protocol/errors.ts'
import { SERVER_EVENT, type JsonObject, type JsonValue } from '../protocol/events.ts'
import { roomChannel, SERVER_SENDER, userChannel, type Channel, type UserId } from '../protocol/ids.ts'
import type { PlacedRoom } from './placed-room.ts'

export interface RoomEventsOptions {
  readonly commits: Pick<GroupCommit, 'append'>
  readonly hub: Pick<Hub, 'history' | 'reached' | 'head'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface RoomEvent {
  readonly eventType: string
  readonly channel: Channel
  readonly payload: JsonObject
}

/** Events of one room that wait for the log: more are a game that says too much, or a log that has stood still for long. */
const WAITING_MAX = 1_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5_000

/** What games say that nobody may miss: events of the log, those of a room in their order. A log that does not take one now is asked again. */
export class RoomEvents {
  readonly #options: RoomEventsOptions
  readonly #last = new Map<PlacedRoom, { end: Promise<void>; waiting: number }>()

  constructor(options: RoomEventsOptions) {
    this.#options = options
  }

  /** @param to a user of the room, or `all` */
  say(room: PlacedRoom, to: string, data: JsonValue): void {
    const channel = to === 'all' ? roomChannel(room.namespace, room.id) : userChannel(to as UserId)
    void this.#add(room, { eventType: SERVER_EVENT.message, channel, payload: { room: room.id, data } })
  }

  /** Resolves when everybody who is in the room on this node has been sent it. */
  async over(
    room: PlacedRoom,
    ending: { readonly why: string; readonly tick: number; readonly result: JsonValue },
  ): Promise<void> {
    const { why, tick, result } = ending
    const channel = roomChannel(room.namespace, room.id)
    const payload = { status: 'over', tick, why, result }
    await this.#add(room, { eventType: SERVER_EVENT.status, channel, payload }, true)
  }

  #add(room: PlacedRoom, event: RoomEvent, isLast = false): Promise<void> {
    const queue = this.#last.get(room) ?? { end: Promise.resolve(), waiting: 0 }
    this.#last.set(room, queue)
    if (queue.waiting >= WAITING_MAX && !isLast) {
      this.#options.log.error(
        { room: room.id, waiting: queue.waiting },
        'a game says more than the log takes: it is lost',
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

  async #put(room: PlacedRoom, { eventType, channel, payload }: RoomEvent): Promise<void> {
    const { hub, clock, random, log } = this.#options
    const id = random.uuid()
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
    const given = eventRecord(channel, event)
    const record = { ...given, head: { ...given.head, id } }
    const after = hub.head
    for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)) {
      const result = await this.#append(record)
      if (!(result instanceof Refusal)) {
        await hub.reached(result)
        return
      }
      log.warn(
        { room: room.id, eventType, code: result.code },
        'an event of a game is not in the log; it is tried again',
      )
      await delay(retryMs)
      if (result.code === 'OUTCOME_UNKNOWN' && this.#isThere(id, after)) return
    }
  }

  #append(record: Parameters<GroupCommit['append']>[0]['record']): Promise<number | Refusal> {
    return new Promise((resolve) => this.#options.commits.append({ record }, resolve))
  }

  #isThere(id: string, after: number): boolean {
    for (const event of this.#options.hub.history(after)) if (event.id === id) return true
    return false
  }
}
