/** A callback says no: nothing it did is kept, and whoever asked is told the code. */
export class GameRefusal extends Error {
  override readonly name = 'GameRefusal'
  readonly code: string
  readonly details: unknown

  constructor(code: string, details?: unknown) {
    super(`the game refused: ${code}`)
    this.code = code
    this.details = details
  }
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/

/**
 * Ends the callback it is called in: the state, chance, timers and effects are as they were before it. The player's request is refused with
 * `REFUSED`, and `details` holds the code and what is given here.
 * @param code for programs: 1 to 64 of `A-Z`, `0-9` and `_`, a letter first
 */
export function refuse(code: string, details?: unknown): never {
  if (!CODE.test(code)) throw new TypeError(`refuse("${code}"): a code is 1 to 64 of A-Z, 0-9 and _, a letter first`)
  throw new GameRefusal(code, details)
}
