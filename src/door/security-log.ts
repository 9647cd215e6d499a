import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import { AttemptRates } from './admission.ts'

/** Events that people who look after security want to know of. */
const TEXTS = {
  auth_required: 'a handshake without a token was refused',
  token_invalid: 'a token was refused',
  token_expired: 'a token that has expired was refused',
  token_of_another: 'a connection was closed: it brought the token of another user',
  key_gone: 'a connection was closed: the key of its token was taken back',
  origin_forbidden: 'a page of another origin was refused',
  host_refused: 'a request for a name that this server does not answer to was refused',
  connect_limited: 'an attempt to connect was refused: too many from this address',
  namespace_full: 'an attempt to connect was refused: the namespace is full',
  said_too_much: 'an event was refused: this user sends too much (`path` says of which kind)',
  connection_limit: 'a connection was closed: too many of this user or address',
  http_limited: 'a request was refused: too many from this address',
  rate_limit_closed: 'a connection was closed: it sent too much for too long',
  bad_requests_closed: 'a connection was closed: it sent too many frames that were no requests',
  idempotency_conflict: 'an idempotency key was used for another request',
  admin_token_invalid: 'a request with a wrong admin token was refused',
} as const

export type SecurityEvent = keyof typeof TEXTS

/** Details of an event. They never include a token, a key or a payload. */
export interface SecurityNote {
  readonly address: string
  readonly user?: string
  readonly path?: string
  readonly origin?: string
  readonly reason?: string
}

export interface SecurityLogOptions {
  readonly log: Log
  readonly clock: Clock
  /** Called for each event, also if its line is left out of the log. */
  readonly onEvent: (event: SecurityEvent) => void
}

/** Limits the lines of one address: some at once, then one every ten seconds. */
const ADDRESS_BURST = 10
const ADDRESS_PER_SECOND = 0.1
/** Limits the lines of all addresses in this process, because a flood may come from many addresses. */
const TOTAL_BURST = 200
const TOTAL_PER_SECOND = 10
const ADDRESSES_MAX = 10_000
/** Texts from outside are cut to this length. */
const LENGTH_MAX = 300

/** Writes log lines for security events. Their number is limited, so that a flood of events does not fill the disk. */
export class SecurityLog {
  readonly #options: SecurityLogOptions
  readonly #rates: AttemptRates
  readonly #total: TokenBucket
  #leftOut = 0

  constructor(options: SecurityLogOptions) {
    this.#options = options
    this.#rates = new AttemptRates({
      ratePerAddress: ADDRESS_PER_SECOND,
      burst: ADDRESS_BURST,
      exemptLoopback: false,
      clock: options.clock,
      addressesMax: ADDRESSES_MAX,
    })
    this.#total = new TokenBucket(TOTAL_PER_SECOND, TOTAL_BURST, options.clock.nowMs())
  }

  /** @param addressKey the key by which limits count the address */
  note(event: SecurityEvent, addressKey: string, note: SecurityNote): void {
    const { log, clock, onEvent } = this.#options
    onEvent(event)
    if (this.#rates.take(addressKey) > 0 || !this.#total.take(1, clock.nowMs())) {
      this.#leftOut++
      return
    }
    const cut = Object.entries(note).map(([name, value]: [string, string]) => [name, value.slice(0, LENGTH_MAX)])
    log.warn({ security: event, ...Object.fromEntries(cut) }, TEXTS[event])
  }

  /** Logs how many lines were left out since the last call. */
  tellLeftOut(): void {
    if (this.#leftOut === 0) return
    this.#options.log.warn({ security: 'left_out', lines: this.#leftOut }, 'lines about security were left out')
    this.#leftOut = 0
  }
}
