import type arena from '../../samples/arena.ts'
import { RELOAD_MS } from '../../samples/arena.ts'
import { ignore, type RoomOf } from '../match.ts'
import { NOWHERE, type Direction } from './controls.ts'

/** The game takes 30 directions per second. */
const STEER_MS = 40
/** If the ship has not taken a direction after this time, it is sent again. */
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

  /** Call this in each frame. */
  fly({ direction, isFiring }: { readonly direction: Direction; readonly isFiring: boolean }, nowMs: number): void {
    const ship = this.#room.state.ships[this.#room.seat ?? '']
    if (!ship || ship.hp === 0) return
    const isNew = direction.dx !== this.#sent.dx || direction.dy !== this.#sent.dy
    const sinceMs = nowMs - this.#steeredMs
    // Inputs are lost while there is no connection, and a ship that was shot down stands still when it is back.
    const isLost = ship.isMoving !== isSome(direction) && sinceMs >= AGAIN_MS
    if ((isNew && sinceMs >= STEER_MS) || isLost) this.#steer(direction, nowMs)
    if (isFiring && nowMs - this.#firedMs >= RELOAD_MS) this.#fire(nowMs)
  }

  /** A window that is not visible gets no frames. */
  stop(): void {
    this.#steer(NOWHERE, this.#steeredMs)
  }

  #steer(direction: Direction, nowMs: number): void {
    this.#sent = direction
    this.#steeredMs = nowMs
    this.#room.send.steer(direction).catch(ignore)
  }

  /** If a shot is refused, because by the server's clock the ship is still reloading, it is asked for again. */
  #fire(nowMs: number): void {
    this.#firedMs = nowMs
    this.#room.send.fire({}).catch(ignore)
  }
}

function isSome({ dx, dy }: Direction): boolean {
  return dx !== 0 || dy !== 0
}
