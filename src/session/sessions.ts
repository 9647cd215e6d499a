import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Fanout } from '../fanout/fanout.ts'
import { buildFrame } from '../fanout/frames.ts'
import type { Link } from '../link/link.ts'
import type { OpenResult, PrimaryMethods, ReplayPart, WireEntry, WorkerMethods } from '../link/methods.ts'
import { CLOSE, type CloseCode } from '../protocol/close-codes.ts'
import { Refusal } from '../protocol/errors.ts'
import { SERVER_EVENT, type NotRecovered } from '../protocol/events.ts'
import { isRoomId, namespaceChannel, roomChannel, userChannel, type RoomId } from '../protocol/ids.ts'
import { Connection } from './connection.ts'
import type { Accepted } from './handshake.ts'
import type { RateOptions } from './limits.ts'
import { parseCursor } from './cursor.ts'
import type { ResumeTokens } from './resume-token.ts'
import type { Socket } from './socket.ts'
import { joinTopic, leaveAllTopics } from './topics.ts'

export interface SessionsOptions {
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call' | 'tell'>
  readonly fanout: Fanout
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly resumeTokens: ResumeTokens
  readonly rates: RateOptions
  readonly roomsPerConnectionMax: number
  readonly ready: { readonly node: string; readonly ping_interval_ms: number; readonly max_payload_bytes: number }
  /** A connection is open: what it sent before is to be dispatched now. */
  readonly onOpen: (connection: Connection, early: readonly Uint8Array[]) => void
  readonly onClose: (connection: Connection, code: number) => void
}

/** What the client said of the session it had. */
interface Resume {
  readonly sessionId: string | undefined
  readonly cursor: { readonly epoch: string; readonly offset: number } | null
  readonly rooms: readonly RoomId[]
}

/** The connections of this worker, from the upgrade to the end. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #connections = new Map<string, Connection>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  get all(): ReadonlyMap<string, Connection> {
    return this.#connections
  }

  open(socket: Socket, accepted: Accepted): Connection {
    const { link, random, clock, rates } = this.#options
    const resume = this.#readResume(accepted)
    const ids = { id: random.uuid(), sessionId: resume?.sessionId ?? random.uuid() }
    const connection = new Connection(socket, accepted, ids, { ...rates, nowMs: clock.nowMs() })
    this.#connections.set(connection.id, connection)
    const { namespace, userId, addressKey } = connection
    const rooms = resume?.rooms ?? []
    const asked = { connectionId: connection.id, namespace, userId, addressKey, rooms, cursor: resume?.cursor }
    link.call('open', asked, (result) => this.#opened(connection, resume, result))
    return connection
  }

  closed(connection: Connection, code: number): void {
    const { link, fanout, onClose } = this.#options
    connection.closed()
    this.#connections.delete(connection.id)
    leaveAllTopics(fanout, connection)
    link.tell('close', { connectionId: connection.id })
    onClose(connection, code)
  }

  /** Closes one that the primary names. */
  close(connectionId: string, code: CloseCode, reason: string): void {
    this.#connections.get(connectionId)?.close(code, reason)
  }

  #readResume({ resume, userId, namespace }: Accepted): Resume | undefined {
    if (!resume) return undefined
    const known = this.#options.resumeTokens.read(resume.token)
    const isTheirs = known?.userId === userId && known.namespace === namespace
    const rooms = [...new Set(resume.rooms.filter(isRoomId))].slice(0, this.#options.roomsPerConnectionMax)
    if (!isTheirs) return { sessionId: undefined, cursor: null, rooms }
    return { sessionId: known.sessionId, cursor: parseCursor(resume.since) ?? null, rooms }
  }

  #opened(connection: Connection, resume: Resume | undefined, result: OpenResult | Refusal): void {
    if (connection.isClosed) return
    if (result instanceof Refusal) {
      this.#options.log.info({ connection: connection.id, user: connection.userId, code: result.code }, 'not admitted')
      if (result.code === 'RATE_LIMITED') connection.close(CLOSE.connectionLimit, result.message)
      else connection.closeForDrain(5_000)
      return
    }
    // What was published before the answer is in the replay or before the cursor; what comes behind it is new.
    this.#options.fanout.inOrder(() => this.#welcome(connection, resume, result))
  }

  #welcome(connection: Connection, resume: Resume | undefined, result: OpenResult): void {
    if (connection.isClosed) return
    for (const room of result.rooms) connection.rooms.add(room)
    connection.socket.cork(() => {
      this.#sendFirst(connection, resume, result)
      sendEntries(connection, result.chunk.entries)
    })
    this.#goOn(connection, result.chunk, result.offset)
  }

  /** After a part of the replay: the next one at the client's pace, or the channels themselves. */
  #goOn(connection: Connection, part: ReplayPart, offset: number): void {
    if (part.complete) {
      this.#subscribe(connection)
      return
    }
    const after = part.entries.at(-1)?.[0] ?? offset
    connection.whenRead(() => {
      this.#options.link.call('replay', { connectionId: connection.id, after }, (next) => {
        this.#options.fanout.inOrder(() => this.#sendPart(connection, next, after))
      })
    })
  }

  #sendPart(connection: Connection, part: ReplayPart | null | Refusal, offset: number): void {
    if (connection.isClosed) return
    if (part === null || part instanceof Refusal) {
      connection.close(CLOSE.gap, 'the history went faster than it was read: resume')
      return
    }
    connection.socket.cork(() => sendEntries(connection, part.entries))
    this.#goOn(connection, part, offset)
  }

  #subscribe(connection: Connection): void {
    const { namespace, userId, rooms } = connection
    const ofRooms = Array.from(rooms, (room) => roomChannel(namespace, room))
    for (const channel of [namespaceChannel(namespace), userChannel(userId), ...ofRooms]) {
      joinTopic(this.#options.fanout, connection, channel)
    }
    this.#options.onOpen(connection, connection.opened())
  }

  #sendFirst(connection: Connection, resume: Resume | undefined, result: OpenResult): void {
    const ready = this.#readyPayload(connection, result)
    if (!resume) {
      connection.sendEvent(SERVER_EVENT.ready, ready)
      return
    }
    const reason: NotRecovered | null = resume.sessionId === undefined ? 'TOKEN_INVALID' : result.reason
    connection.sendEvent(SERVER_EVENT.resumed, {
      ...ready,
      recovered: reason === null,
      replayed: result.replayed,
      ...(reason === null ? {} : { reason }),
      rooms: result.rooms,
    })
  }

  #readyPayload({ id, sessionId, userId, namespace }: Connection, { epoch, offset }: OpenResult) {
    const { resumeTokens, clock, ready } = this.#options
    return {
      session_id: sessionId,
      resume_token: resumeTokens.issue({ sessionId, userId, namespace }),
      connection_id: id,
      user_id: userId,
      namespace,
      node: ready.node,
      epoch,
      offset,
      server_time: clock.wallMs(),
      ping_interval_ms: ready.ping_interval_ms,
      max_payload_bytes: ready.max_payload_bytes,
    }
  }
}

function sendEntries(connection: Connection, entries: readonly WireEntry[]): void {
  for (const entry of entries) {
    connection.socket.sendBuilt(buildFrame(entry, connection.encoding), connection.encoding === 'msgpack')
  }
}
