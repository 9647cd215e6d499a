import type { RoomParts } from './room-parts.ts'

/** What a room does as time passes: it ends seats that were held too long, and ends itself if it is empty or too old. */
export class RoomRules {
  readonly #room: RoomParts
  #emptySinceMs: number | undefined
  #isEnding = false

  constructor(room: RoomParts) {
    this.#room = room
  }

  /** Call this from time to time. */
  look(): void {
    const { seating, services } = this.#room
    const nowMs = services.nowMs()
    this.#room.pushAll(seating.due(nowMs))
    if (!this.#isEnding) this.#lookForEnd(nowMs)
  }

  #lookForEnd(nowMs: number): void {
    const { seating, services, game, run } = this.#room
    const { ROOM_GAME_EMPTY, ROOM_GAME_MAX } = services.settings
    this.#emptySinceMs = seating.isEmpty ? (this.#emptySinceMs ?? nowMs) : undefined
    const isEmpty = this.#emptySinceMs !== undefined && nowMs - this.#emptySinceMs >= ROOM_GAME_EMPTY
    const isTooOld = nowMs - run.startMs >= (game.maxMs ?? ROOM_GAME_MAX)
    if (!isEmpty && !isTooOld) return
    this.#isEnding = true
    this.#room.push({ entry: { kind: 'end', why: isTooOld ? 'too long' : 'empty' } })
  }
}
