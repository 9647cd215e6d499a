import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Connection } from '../connections/connection.ts'
import { isGuestId } from '../protocol/ids.ts'
import { Refusal } from '../protocol/errors.ts'

const SALT_BYTES = 16

/** What a journal keeps of a password, in base64. */
export interface KeptPassword {
  readonly salt: string
  readonly digest: string
}

/** A room's password. Only its hash is kept. */
export class Password {
  readonly #salt: Buffer
  readonly #digest: Buffer

  private constructor(salt: Buffer, digest: Buffer) {
    this.#salt = salt
    this.#digest = digest
  }

  static of(text: string): Password {
    const salt = randomBytes(SALT_BYTES)
    return new Password(salt, hashOf(salt, text))
  }

  static restore({ salt, digest }: KeptPassword): Password {
    return new Password(Buffer.from(salt, 'base64'), Buffer.from(digest, 'base64'))
  }

  get kept(): KeptPassword {
    return { salt: this.#salt.toString('base64'), digest: this.#digest.toString('base64') }
  }

  /** Compares in constant time. */
  is(text: string): boolean {
    return timingSafeEqual(hashOf(this.#salt, text), this.#digest)
  }
}

function hashOf(salt: Buffer, text: string): Buffer {
  return createHash('sha256').update(salt).update(text).digest()
}

const WRONG_MAX = 5
const WINDOW_MS = 60_000
/** How many users and addresses are remembered. The oldest are forgotten first. */
const TRIERS_MAX = 100_000

/** Counts wrong passwords. After five in a minute, a user's passwords are refused unread. */
export class PasswordTries {
  readonly #nowMs: () => number
  /** When the last wrong passwords of each user or address came, monotonic. */
  readonly #wrong = new Map<string, readonly number[]>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Throws FORBIDDEN if the password is wrong or missing, RATE_LIMITED after too many wrong ones. */
  require(password: Password | undefined, given: string | null, connection: Connection): void {
    if (password === undefined) return
    if (given === null) throw new Refusal('FORBIDDEN', 'the room needs a password')
    const trier = nameOf(connection)
    const sinceMs = this.#nowMs() - WINDOW_MS
    const wrong = (this.#wrong.get(trier) ?? []).filter((atMs) => atMs > sinceMs)
    const [first] = wrong
    if (wrong.length >= WRONG_MAX && first !== undefined) {
      const retryAfterMs = Math.ceil(first + WINDOW_MS - this.#nowMs())
      throw new Refusal('RATE_LIMITED', 'too many wrong passwords', { retry_after_ms: retryAfterMs })
    }
    if (password.is(given)) return
    this.#wrong.delete(trier)
    this.#wrong.set(trier, [...wrong, this.#nowMs()])
    for (const [oldest] of this.#wrong) {
      if (this.#wrong.size <= TRIERS_MAX) break
      this.#wrong.delete(oldest)
    }
    throw new Refusal('FORBIDDEN', 'this is not the password of the room')
  }
}

/** A guest gets a new id with each session, so guests are counted by their address. */
function nameOf({ userId, addressKey }: Connection): string {
  return isGuestId(userId) ? `address ${addressKey}` : userId
}
