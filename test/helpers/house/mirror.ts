import { applyMergePatch } from '../../../src/games/sync/apply-merge.ts'
import type { Frame } from '../client.ts'

const PATCH = 'core.game.room.patch'
const SNAPSHOT = 'core.game.room.snapshot'

type Fields = Readonly<Record<string, unknown>>

/** Applies what a client was sent of one room: holds the state that it has, and counts what did not fit. */
export class Mirror {
  state: unknown
  tick = -1
  patches = 0
  snapshots = 0
  /** Patches that began at another tick than the state's, or did not lead to the expected state. */
  misfits = 0
  #types: unknown

  /** @param frames all that came, beginning with the reply to the join */
  static of(frames: readonly Frame[], room: string): Mirror {
    const mirror = new Mirror()
    for (const frame of frames) mirror.take(frame, room)
    return mirror
  }

  take(frame: Frame, room: string): void {
    const data = (frame['data'] ?? {}) as Fields
    const game = data['game'] as Fields | undefined
    if (game && data['room_id'] === room) this.#have(game)
    // The reply to a snapshot does not name the room.
    else if ('hash' in data) this.#have(data)
    else if (frame.eventType === SNAPSHOT && frame['room'] === room) {
      this.snapshots++
      this.#have(frame.payload ?? {})
    } else if (frame.eventType === PATCH) this.#patch(readPatch(frame), room)
  }

  #have({ state, tick, types }: Fields): void {
    this.state = state
    this.#types = types ?? this.#types
    this.tick = Number(tick)
  }

  #patch(patch: Fields, room: string): void {
    if (patch['room'] !== undefined && patch['room'] !== room) return
    if (patch['base'] !== this.tick || Number(patch['tick']) <= this.tick) {
      this.misfits++
      return
    }
    this.patches++
    const { apply } = patch as { readonly apply?: (state: unknown, types: unknown) => unknown }
    this.state = apply ? apply(this.state, this.#types) : applyMergePatch(this.state, patch['changes'])
    this.tick = Number(patch['tick'])
  }
}

/** Reads the binary patches of a scripted room: JSON after three bytes. */
function readPatch(frame: Frame): Fields {
  const bytes = frame['bytes']
  return bytes instanceof Uint8Array ? (JSON.parse(Buffer.from(bytes.subarray(3)).toString()) as Fields) : frame
}
