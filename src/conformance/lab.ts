import { delay } from '../base/delay.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { EVENT, type Encoding } from '../protocol/events.ts'
import { expectThat, fieldsOf, Mismatch, show, type Fields } from './expect.ts'
import { askHttp, type HttpAnswer, type HttpAsk } from './http.ts'
import { Peer, type Is } from './peer.ts'
import { signToken } from './tokens.ts'

/** The server to check, and what is known about it. */
export interface Target {
  readonly url: URL
  /** The path without `/private` and `/public`. */
  readonly prefix: string
  /** The HS256 key of tokens. If it is undefined, there are no players. */
  readonly secret: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly adminToken: string | undefined
  /** How long to wait to see that something does not come. Something that should come may take ten times as long. */
  readonly patienceMs: number
}

export interface OpenOptions {
  /** By default `private` for players, and `public` for others. */
  readonly path?: string
  readonly encoding?: Encoding
  readonly protocols?: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

const HOUR_S = 3600
/** Something that should come is awaited this many times as long as something that should not. */
const WAIT_FACTOR = 10

/** The tools of one case. When the case ends, its connections are closed and its rooms are deleted. */
export class Lab {
  readonly target: Target
  readonly #peers: Peer[] = []
  readonly #cleanups: (() => Promise<unknown>)[] = []
  readonly #goodbyes: (() => Promise<unknown>)[] = []

  constructor(target: Target) {
    this.target = target
  }

  /** How long something may take that should come. */
  get waitMs(): number {
    return this.target.patienceMs * WAIT_FACTOR
  }

  /** Makes a unique name for a user, room or key. */
  name(what: string): string {
    return `conformance-${what}-${systemRandom.token()}`
  }

  /** Registers a cleanup, which runs after the case, whatever its result. */
  later(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup)
  }

  /** Registers a cleanup that runs while the case's connections are still open. */
  before(goodbye: () => Promise<unknown>): void {
    this.#goodbyes.push(goodbye)
  }

  guest(options: OpenOptions = {}): Promise<Peer> {
    return this.#open({ path: 'public', ...options })
  }

  /** Connects that user, or a new one. */
  player(user = this.name('player'), options: OpenOptions = {}): Promise<Peer> {
    const headers = { authorization: `Bearer ${this.token(user)}`, ...options.headers }
    return this.#open({ path: 'private', ...options, headers })
  }

  /** A token that is valid for an hour. `claims` take precedence; those that are undefined are left out. */
  token(sub: string, claims: Fields = {}, header?: Fields): string {
    return this.signed({ sub, ...claims }, header)
  }

  /** As `token`, but it may be signed with another secret. */
  signed(claims: Fields, header?: Fields, secret = this.target.secret): string {
    const now = Math.floor(systemClock.wallMs() / 1000)
    const { issuer: iss, audience: aud } = this.target
    const all = { iss, aud, iat: now, exp: now + HOUR_S, ...claims }
    return signToken({ secret: secret ?? '', claims: all, ...(header ? { header } : {}) })
  }

  http(ask: HttpAsk): Promise<HttpAnswer> {
    return askHttp(this.target.url, ask, this.waitMs)
  }

  /** A valid upgrade, changed by the arguments. A header that is '' is left out. */
  upgrade(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<HttpAnswer> {
    const all = {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': Buffer.from(systemRandom.token()).subarray(0, 16).toString('base64'),
      'sec-websocket-version': '13',
      ...headers,
    }
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
    return this.http({ method, path: `${this.target.prefix}${path}`, headers: given })
  }

  /** Sends a request with the admin token. Resolves to the answer's body. Throws Mismatch if the status is not 2xx. */
  async admin(method: string, path: string, body?: Fields): Promise<Fields> {
    const answer = await this.askAdmin(method, path, body)
    expectThat(answer.status >= 200 && answer.status < 300, `2xx for ${method} ${path}`, answer)
    return fieldsOf(JSON.parse(answer.body))
  }

  askAdmin(method: string, path: string, body?: Fields): Promise<HttpAnswer> {
    const authorization = `Bearer ${this.target.adminToken ?? ''}`
    return this.http({
      method,
      path,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** Lets all of them join a new room. Resolves to its id. */
  async room(...members: readonly Peer[]): Promise<string> {
    const room = this.name('room')
    for (const member of members) await member.ask(EVENT.roomJoin, { room_id: room })
    return room
  }

  /** Checks for a while that no such frame comes to any of them. */
  async expectNothing(peers: readonly Peer[], is: Is, what: string): Promise<void> {
    await delay(this.target.patienceMs)
    const came = peers.flatMap(({ frames }) => frames.filter(is))
    if (came.length > 0) throw new Mismatch(`nothing: ${what}`, show(came[0]))
  }

  /** Closes connections and cleans up. A second call does nothing. */
  async end(): Promise<void> {
    for (const goodbye of this.#goodbyes.splice(0)) await goodbye()
    await Promise.all(this.#peers.splice(0).map((peer) => peer.close()))
    for (const cleanup of this.#cleanups.splice(0).toReversed()) await cleanup()
  }

  /** Settles when the first frame has come. */
  async #open(options: OpenOptions & { readonly path: string }): Promise<Peer> {
    const peer = this.connect(options)
    return peer.opened()
  }

  /** Does not wait for the first frame. */
  connect({ path = 'public', encoding = 'json', protocols, query = {}, headers = {} }: OpenOptions): Peer {
    const url = new URL(`${this.target.prefix}/${path}`, this.target.url)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const peer = new Peer({ url, encoding, headers, waitMs: this.waitMs, ...(protocols ? { protocols } : {}) })
    this.#peers.push(peer)
    return peer
  }
}
