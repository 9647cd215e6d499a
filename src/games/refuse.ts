/** A callback has refused. Nothing that it did is kept, and the player who asked is told the code. */
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
 * Ends the callback that calls it. The state, the random generator, timers and effects are as before it. The player's request is
 * refused with `REFUSED`, and the refusal's `details` hold the code and the details given here.
 * @param code for programs: 1 to 64 of `A-Z`, `0-9` and `_`, beginning with a letter
 */
export function refuse(code: string, details?: unknown): never {
  if (!CODE.test(code)) throw new TypeError(`refuse("${code}"): a code is 1 to 64 of A-Z, 0-9 and _, a letter first`)
  throw new GameRefusal(code, details)
}
