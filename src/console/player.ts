import {
  DrumbeatError,
  EVENT,
  GameClient,
  SERVER_EVENT,
  type ReadyPayload,
  type StatusChange,
  type TokenReason,
} from '../client/index.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { ResumedPayload } from '../protocol/shapes/events.ts'
import { describeClose } from './closing.ts'
import { parseEnvelope } from './envelope.ts'
import type { ShownEvent } from './events-view.ts'
import { failure, outcomeOf, type Outcome } from './outcome.ts'
import { API_PATH_PREFIX, serverUrl } from './server-url.ts'
import { Wire, type WireListeners } from './wire.ts'

export type PlayerState = 'connecting' | 'connected' | 'resumed' | 'waiting' | 'closed'

export interface PlayerListeners extends WireListeners {
  onStatus(state: PlayerState, text: string): void
  onEvent(event: ShownEvent): void
  onSession(session: ReadyPayload): void
  /** Called with the rooms that the player is in now. */
  onRooms(rooms: readonly string[]): void
  /** Called when events were missed. The state of these rooms, and of the namespace, must be fetched. */
  onGap(rooms: readonly string[]): void
}

const NAMESPACE_GUEST = 'public'
const NAMESPACE_PRIVATE = 'private'

/** The player of the playground. It has one client of the library from Connect to Disconnect. */
export class Player {
  readonly #listeners: PlayerListeners
  readonly #wire: Wire
  #client: GameClient | undefined
  #token = ''
  #rooms = ''
  /** Set while the library waits for a fresh token. */
  #fresh: PromiseWithResolvers<string> | undefined

  constructor(listeners: PlayerListeners) {
    this.#listeners = listeners
    this.#wire = new Wire(listeners)
  }

  /**
   * Begins a session. If the current session waits for a token, it continues with this one.
   * @param token a token, or '' for a guest
   */
  connect(token: string): void {
    const fresh = this.#fresh
    if (token === '' || !fresh) return this.#begin(token)
    this.#fresh = undefined
    this.#token = token
    fresh.resolve(token)
    const { status, session } = this.#client ?? {}
    if (status === 'ready')
      this.#listeners.onStatus('connected', `Connected as ${session?.user_id}, with a fresh token.`)
  }

  disconnect(): void {
    this.#fresh = undefined
    this.#client?.close()
    this.#client = undefined
    this.#tellRooms([])
  }

  /** Resolves to the outcome of a request. Never rejects. */
  async ask<Data>(request: (client: GameClient) => Promise<Data>): Promise<Outcome<Data>> {
    const client = this.#client
    if (!client) return failure('NOT_CONNECTED', 'nothing was sent')
    const outcome = await outcomeOf(request(client))
    if (client === this.#client) this.#tellRooms(client.rooms)
    return outcome
  }

  /**
   * Sends a text unchanged. Only a join or a leave is sent by the library, with an id of the library, because it must know its rooms.
   * Never rejects.
   * @returns null if it was sent and no reply is due
   */
  async send(text: string): Promise<Outcome | null> {
    const limit = this.#client?.session?.max_payload_bytes ?? Infinity
    const bytes = new TextEncoder().encode(text).length
    if (bytes > limit) {
      return failure(
        'PAYLOAD_TOO_LARGE',
        `the text has ${bytes} bytes, but the server accepts only ${limit}; nothing was sent`,
      )
    }
    const wanted = roomRequestOf(text)
    return wanted ? this.ask((client) => client.request(wanted.eventType, wanted.payload)) : this.#wire.send(text)
  }

  #begin(token: string): void {
    this.disconnect()
    this.#token = token
    const client: GameClient = new GameClient({
      url: serverUrl('/').href,
      apiPathPrefix: API_PATH_PREFIX,
      WebSocket: this.#wire.WebSocket,
      namespace: token === '' ? NAMESPACE_GUEST : NAMESPACE_PRIVATE,
      ...(token === '' ? {} : { token: (reason: TokenReason) => this.#tokenFor(client, reason) }),
    })
    this.#client = client
    this.#listen(client)
    void outcomeOf(client.connect()) // its outcome is reported as a status, too
  }

  /** A refusal that belongs to no request of the library is shown by its frame, among the exchanges. */
  #listen(client: GameClient): void {
    const listeners = this.#listeners
    let isFirst = true
    client.on('status', (change) => {
      if (change.status !== 'ready') return listeners.onStatus(...describeStatus(change, client.session))
      this.#ready(change, isFirst)
      isFirst = false
    })
    client.on('gap', ({ reason, rooms }) => {
      const user = client.session?.user_id
      listeners.onStatus(
        'resumed',
        `Back as ${user}, but events were missed (${reason}), so the state is fetched again.`,
      )
      this.#tellRooms(rooms)
      listeners.onGap(rooms)
    })
    client.on(SERVER_EVENT.draining, (payload) => listeners.onEvent({ eventType: SERVER_EVENT.draining, payload }))
    client.on('*', (event) => listeners.onEvent(event))
  }

  #ready({ session, recovered }: StatusChange & { status: 'ready' }, isFirst: boolean): void {
    const listeners = this.#listeners
    const { replayed } = session as Partial<ResumedPayload>
    const eventType = replayed === undefined ? SERVER_EVENT.ready : SERVER_EVENT.resumed
    listeners.onEvent({ eventType, payload: { ...session, resume_token: '(hidden)' } })
    listeners.onSession(session)
    if (isFirst) listeners.onStatus('connected', `Connected as ${session.user_id}.`)
    else if (recovered) listeners.onStatus('resumed', `Resumed as ${session.user_id} with ${replayed} replayed.`)
    this.#tellRooms(this.#client?.rooms ?? [])
    void this.ask((client) => client.ping()) // the round trip is shown
  }

  /**
   * Gives the library a token. If it asks again, only the newest request is answered, because the library would take the same token
   * for the refused one.
   */
  #tokenFor(client: GameClient, reason: TokenReason): string | Promise<string> {
    // Without a session there is nothing to continue, so a refused token is an error, which the library reports.
    if (reason === 'connect' || client.session === undefined) return this.#token
    this.#fresh?.reject(new Error('asked again'))
    const fresh = Promise.withResolvers<string>()
    this.#fresh = fresh
    const isUp = client.status === 'ready'
    const text = isUp ? 'The token is about to expire' : 'The server no longer accepts the token'
    const advice = 'connect with a fresh one to continue the session'
    this.#listeners.onStatus(isUp ? 'connected' : 'waiting', `${text}: ${advice}.`)
    return fresh.promise
  }

  #tellRooms(rooms: readonly string[]): void {
    if (rooms.join() === this.#rooms) return
    this.#rooms = rooms.join()
    this.#listeners.onRooms(rooms)
  }
}

function describeStatus(
  change: Exclude<StatusChange, { status: 'ready' }>,
  session: ReadyPayload | undefined,
): [PlayerState, string] {
  switch (change.status) {
    case 'connecting':
      return ['connecting', 'Connecting…']
    case 'draining':
      return [
        'connected',
        `Still connected as ${session?.user_id}. The server drains, so another connection is opened.`,
      ]
    case 'reconnecting': {
      const seconds = (change.retryInMs / 1_000).toFixed(1)
      return ['waiting', `${describeClose(change.code, change.reason)} Trying again in ${seconds} s.`]
    }
    case 'closed':
      return ['closed', describeEnd(change)]
  }
}

/** Describes why a session ended: by its close code if the protocol defines it, and else by the error, such as a refused handshake. */
function describeEnd({ code, reason, error }: StatusChange & { status: 'closed' }): string {
  if (error === undefined) return 'Disconnected. The session is over.'
  if (code >= CLOSE.draining) return describeClose(code, reason)
  if (error instanceof DrumbeatError) return `${error.code}: ${error.message}.`
  return error instanceof Error ? error.message : 'The session is over.'
}

/** Parses a join or a leave. Returns undefined for other texts, and if the text has fields that the library would not send. */
function roomRequestOf(text: string) {
  const { id, eventType, payload, ...rest } = parseEnvelope(text) ?? {}
  if (typeof id !== 'string' || typeof payload !== 'object' || payload === null) return undefined
  if (eventType !== EVENT.roomJoin && eventType !== EVENT.roomLeave) return undefined
  return Object.keys(rest).length > 0 ? undefined : { eventType, payload: payload as { room_id: string } }
}
