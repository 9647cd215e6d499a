import type { Frame } from '../helpers/client.ts'
import type { Logged } from '../helpers/house/house.ts'

/** A time in a room, from the reply to a join on. */
interface Stay {
  readonly after: number
  /** Events that came, and those that were skipped for newer ones of the class `latest`. */
  events: number
  skipped: number
  last: number
  /** By sender and key. */
  readonly newest: Map<string, number>
}

interface Body {
  readonly userId?: string
  readonly payload?: { readonly delivery?: string; readonly key?: string; readonly room_id?: string }
}

const JOIN = 'core.game.room.join'

/**
 * What is promised of the rooms of one connection, looked at on its wire: nothing of a room before the reply to the join or behind the
 * reply to the leave, and in between each event, in order, or a newer one and how many were skipped.
 */
export class RoomCheck {
  readonly wrong: string[] = []
  readonly #stays = new Map<string, Stay>()

  /** @param asked what was asked for, by the id of the request */
  constructor(
    frames: readonly Frame[],
    asked: ReadonlyMap<string, { readonly eventType: string; readonly room: string }>,
  ) {
    for (const frame of frames) {
      const request = asked.get(String(frame['replyTo']))
      if (request && frame['success'] === true) this.#reply(request, frame)
      else if (typeof frame['room'] === 'string') this.#event(frame['room'], frame)
    }
  }

  /** Of the rooms that the connection is in at the end: all that was said in them is there. */
  complete(log: readonly Logged[], channelOf: (room: string) => string): readonly string[] {
    for (const [room, stay] of this.#stays) {
      const said = log.filter(({ channel, offset }) => channel === channelOf(room) && offset > stay.after)
      if (stay.events + stay.skipped !== said.length)
        this.wrong.push(`${room}: ${stay.events} came and ${stay.skipped} were skipped of ${said.length}`)
      const newest = new Map<string, number>()
      for (const { offset, body } of said)
        newest.set(slotOf(JSON.parse(Buffer.from(body).toString()) as Body, offset), offset)
      for (const [slot, offset] of newest)
        if (stay.newest.get(slot) !== offset)
          this.wrong.push(`${room}: the newest of ${slot} is ${offset}, and did not come`)
    }
    return this.wrong
  }

  #reply({ eventType, room }: { readonly eventType: string; readonly room: string }, frame: Frame): void {
    if (eventType !== JOIN) this.#stays.delete(room)
    else if (!this.#stays.has(room)) {
      const { offset: after } = frame['data'] as { offset: number }
      this.#stays.set(room, { after, events: 0, skipped: 0, last: after, newest: new Map() })
    }
  }

  #event(room: string, frame: Frame): void {
    const stay = this.#stays.get(room)
    const offset = Number(frame['offset'])
    if (!stay) {
      this.wrong.push(`${room}: ${offset} came while the connection was not in it`)
      return
    }
    if (offset <= stay.last) this.wrong.push(`${room}: ${offset} after ${stay.last}`)
    if (Number(frame['prev']) > stay.last)
      this.wrong.push(`${room}: a hole between ${stay.last} and ${String(frame['prev'])}`)
    stay.last = offset
    stay.events++
    stay.skipped += Number(frame['skipped'] ?? 0)
    stay.newest.set(slotOf(frame, offset), offset)
  }
}

/** What a newer event takes the place of. */
function slotOf({ userId, payload }: Body, offset: number): string {
  if (payload?.delivery !== 'latest') return `offset ${offset}`
  return payload.key === undefined ? `user ${String(userId)}` : `key ${payload.key}`
}
