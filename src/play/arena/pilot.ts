import type arena from '../../samples/arena.ts'
import { RELOAD_MS } from '../../samples/arena.ts'
import { ignore, type RoomOf } from '../match.ts'
import { NOWHERE, type Direction } from './controls.ts'

/** The game takes 30 directions a second. */
const STEER_MS = 40
/** A direction that has not come to the ship by then is sent again. */
const AGAIN_MS = 500

/** Sends what the player wants of the ship, as often as the game takes it. */
export class Pilot {
  readonly #room: RoomOf<typeof arena>
  #sent = NOWHERE
  #steeredMs = -Infinity
  #firedMs = -Infinity

  constructor(room: RoomOf<typeof arena>) {
    this.#room = room
  }

  /** To be called in each frame. */
  fly({ direction, isFiring }: { readonly direction: Direction; readonly isFiring: boolean }, nowMs: number): void {
    const ship = this.#room.state.ships[this.#room.seat ?? '']
    if (!ship || ship.hp === 0) return
    const isNew = direction.dx !== this.#sent.dx || direction.dy !== this.#sent.dy
    const sinceMs = nowMs - this.#steeredMs
    // What is sent without a connection is lost, and a ship that was shot down stands still when it is back.
    const isLost = ship.isMoving !== isSome(direction) && sinceMs >= AGAIN_MS
    if ((isNew && sinceMs >= STEER_MS) || isLost) this.#steer(direction, nowMs)
    if (isFiring && nowMs - this.#firedMs >= RELOAD_MS) this.#fire(nowMs)
  }

  /** In a window that nobody looks at there are no frames. */
  stop(): void {
    this.#steer(NOWHERE, this.#steeredMs)
  }

  #steer(direction: Direction, nowMs: number): void {
    this.#sent = direction
    this.#steeredMs = nowMs
    this.#room.send.steer(direction).catch(ignore)
  }

  /** What is refused, as the ship is reloading by the server's clock, is asked for again. */
  #fire(nowMs: number): void {
    this.#firedMs = nowMs
    this.#room.send.fire({}).catch(ignore)
  }
}

function isSome({ dx, dy }: Direction): boolean {
  return dx !== 0 || dy !== 0
}
