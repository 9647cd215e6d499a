import type { Clock } from '../base/clock.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Ban, Banned } from '../protocol/shapes/operations.ts'
import { decodeRecord } from '../store/json-records.ts'
import { listAll } from '../store/list-all.ts'
import type { Store } from '../store/store.ts'
import type { Connection } from './connection.ts'

export const BAN_PREFIX = 'bans/'

/** The key of the record. It keeps users and addresses apart. */
export function banKey({ of, id }: Banned): string {
  return `${BAN_PREFIX}${of}/${id}`
}

type Who = Pick<Connection, 'userId' | 'addressKey'>

export function isOf({ of, id }: Banned, { userId, addressKey }: Who): boolean {
  return id === (of === 'user' ? userId : addressKey)
}

/**
 * Users and addresses that an operator keeps out for a time. They are the same on all nodes: the store holds them, and the log
 * announces changes.
 */
export class Bans {
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #bans = new Map<string, Ban>()

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock
  }

  async load(store: Store): Promise<void> {
    for await (const record of listAll(store, BAN_PREFIX)) this.set(decodeRecord(record) as Ban)
  }

  set(ban: Ban): void {
    this.#bans.set(banKey(ban), ban)
  }

  lift(who: Banned): void {
    this.#bans.delete(banKey(who))
  }

  has(who: Banned): boolean {
    return this.#find(who) !== undefined
  }

  /** Throws FORBIDDEN if the user or the address of the connection is banned. */
  admit({ userId, addressKey }: Who): void {
    const ban = this.#find({ of: 'user', id: userId }) ?? this.#find({ of: 'address', id: addressKey })
    if (ban) throw new Refusal('FORBIDDEN', 'an operator keeps this user or address out', { until: ban.until })
  }

  /** The bans that have not ended. */
  get all(): readonly Ban[] {
    return [...this.#bans.values()].filter(({ until }) => until > this.#clock.wallMs())
  }

  /** The bans that have ended and can be forgotten. */
  get ended(): readonly Ban[] {
    return [...this.#bans.values()].filter(({ until }) => until <= this.#clock.wallMs())
  }

  get size(): number {
    return this.#bans.size
  }

  #find(who: Banned): Ban | undefined {
    const ban = this.#bans.get(banKey(who))
    return ban && ban.until > this.#clock.wallMs() ? ban : undefined
  }
}
