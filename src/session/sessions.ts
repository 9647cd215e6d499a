import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Fanout } from '../fanout/fanout.ts'
import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { OpenResult } from '../link/methods/session.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import { CLOSE, type CloseCode } from '../protocol/close-codes.ts'
import { Refusal, refusalOf } from '../protocol/errors.ts'
import { SERVER_EVENT } from '../protocol/events.ts'
import type { NotRecovered, ReadyPayload } from '../protocol/shapes/events.ts'
import { isRoomId, namespaceChannel, roomChannel, userChannel, type RoomId, type UserId } from '../protocol/ids.ts'
import { Connection, type Incoming } from './connection.ts'
import { ComingBack } from './games/coming-back.ts'
import type { GameRooms } from './games/game-rooms.ts'
import type { Accepted, Access } from '../door/handshake.ts'
import type { RateOptions } from './limits.ts'
import type { Over } from './share.ts'
import type { Shares } from './shares.ts'
import { parseCursor } from './cursor.ts'
import { Replayer } from './replayer.ts'
import type { ResumeTokens } from '../auth/resume-token.ts'
import type { Socket } from './socket.ts'
import type { Traffic } from './traffic.ts'
import type { VerifyKey } from '../auth/verify-key.ts'
import { joinTopic, leaveAllTopics, leaveTopic } from './topics.ts'

export interface SessionsOptions {
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call' | 'tell'>
  readonly fanout: Fanout
  readonly games: GameRooms
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly resumeTokens: ResumeTokens
  /** Makes a whole id, `guest-` included. */
  readonly newGuestId: () => UserId
  readonly rates: RateOptions
  readonly shares: Shares
  readonly traffic: Traffic
  readonly roomsPerConnectionMax: number
  /** Whether clients may join rooms. A resume that names rooms joins those that its session was not in. */
  readonly mayJoin: (access: Access) => boolean
  readonly ready: Pick<ReadyPayload, 'node' | 'max_payload_bytes' | 'ping_interval_ms'>
  /** Called when a connection is open. `early` are the frames that it sent before; dispatch them now. */
  readonly onOpen: (connection: Connection, early: readonly Incoming[]) => void
  /** Called when a resume is put off, because the user joins too many rooms. */
  readonly onOver: (kind: Over['kind'], connection: Connection) => void
  /** Called when a connection is closed because it is over a limit per user or address. */
  readonly onOverLimit: (connection: Connection) => void
  readonly onClose: (connection: Connection, code: number) => void
}

interface Place {
  readonly epoch: string
  readonly offset: number
}

/** What the client said about the session that it had. */
interface Resume {
  readonly sessionId: string | undefined
  /** The number of the token among those of the session. */
  readonly use: number | null
  readonly begun: Place | undefined
  readonly cursor: Place | null
  /** Null means the rooms that the session had. */
  readonly rooms: readonly RoomId[] | null
}

/** What is known of the session until the first frame is sent. */
interface Session {
  readonly sessionId: string
  /** Undefined if the session is new. */
  readonly resume: Resume | undefined
}

/** The connections of this worker, from the upgrade to their end. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #connections = new Map<string, Connection>()
  readonly #replayer: Replayer
  readonly #comingBack: ComingBack
  #lastNumber = 0

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#replayer = new Replayer(options.link)
    this.#comingBack = new ComingBack({
      link: options.link,
      games: options.games,
      onRefused: (connection, room, { code }) => {
        options.link.tell('leave', { connectionId: connection.id, room })
        this.#left(connection, room, code)
      },
    })
  }

  get all(): ReadonlyMap<string, Connection> {
    return this.#connections
  }

  open(socket: Socket, accepted: Accepted): Connection {
    const { random } = this.#options
    const resume = this.#readResume(accepted)
    const names = { id: random.uuid(), number: ++this.#lastNumber }
    const connection = new Connection(socket, accepted, names, this.#options)
    this.#connections.set(connection.id, connection)
    const sessionId = resume?.sessionId ?? accepted.sessionId ?? random.uuid()
    this.#ask(connection, { sessionId, resume })
    return connection
  }

  #ask(connection: Connection, session: Session): void {
    const { link, mayJoin, clock, onOver } = this.#options
    const { namespace, userId, addressKey, access } = connection
    const { sessionId, resume } = session
    // If the resume does not name its rooms, they are counted when the primary has said how many the session had.
    const joins = resume?.rooms?.length ?? 0
    const over = resume === undefined ? undefined : connection.share.join(joins, clock.nowMs())
    if (over) {
      onOver(over.kind, connection)
      connection.closeForRate(over.waitMs)
      return
    }
    const who = { connectionId: connection.id, namespace, userId, addressKey, shareKey: connection.shareKey }
    const what = {
      rooms: resume ? resume.rooms : [],
      mayJoin: mayJoin(access),
      isResume: resume !== undefined,
      cursor: resume?.cursor ?? null,
      session: sessionId,
      use: resume?.use ?? null,
    }
    link.call('open', { ...who, ...what }, (result) => {
      if (!(result instanceof Refusal)) connection.share.joined(Math.max(0, result.rooms.length - joins))
      this.#opened(connection, session, result)
    })
  }

  /** Opens the connection as if it had no resume token, because the token was used before. The client is told so. */
  #askAnew(connection: Connection, { resume }: Session): void {
    const { random, newGuestId } = this.#options
    if (connection.access === 'guest') connection.become(newGuestId())
    const rooms = resume?.rooms ?? []
    const none = { sessionId: undefined, use: null, begun: undefined, cursor: null, rooms }
    this.#ask(connection, { sessionId: random.uuid(), resume: none })
  }

  closed(connection: Connection, code: number): void {
    const { link, fanout, games, log, onClose } = this.#options
    connection.closed()
    this.#connections.delete(connection.id)
    leaveAllTopics(fanout, connection)
    games.closed(connection)
    log.debug({ connection: connection.id, user: connection.userId, code }, 'connection closed')
    link.tell('close', { connectionId: connection.id })
    onClose(connection, code)
  }

  /** A room was deleted. Its members leave it, after everything that was said in it. */
  roomClosed(room: RoomId, hasGame: boolean): void {
    const { fanout, games } = this.#options
    for (const connection of this.#connections.values()) {
      // The connection has not yet read in its replay what was said at the end. It leaves the room later, when the game answers.
      const isComingBack = hasGame && games.find(connection, room) === undefined
      if (isComingBack || !connection.rooms.delete(room)) continue
      leaveTopic(fanout, connection, roomChannel(connection.namespace, room))
    }
    games.ended(room)
  }

  /** A connection is no longer in this room, although it did not ask to leave. */
  roomLeft(id: string, room: RoomId, why: string): void {
    const connection = this.#connections.get(id)
    if (connection?.rooms.has(room) === true) this.#left(connection, room, why)
  }

  kick(id: string): void {
    this.#connections.get(id)?.close(CLOSE.kicked, 'kicked by an operator')
  }

  /**
   * Call this when the key set was refreshed. The sweep closes connections whose key is gone, unless they send another token in
   * time.
   */
  keysChanged(isKnown: (key: VerifyKey) => boolean): void {
    const nowMs = this.#options.clock.nowMs()
    for (const connection of this.#connections.values()) {
      const { tokenKey, keyGoneSinceMs } = connection
      if (tokenKey) connection.keyGoneSinceMs = isKnown(tokenKey) ? 0 : keyGoneSinceMs || nowMs
    }
  }

  closeAll(code: CloseCode, reason: string): void {
    for (const connection of this.#connections.values()) connection.close(code, reason)
  }

  #readResume({ resume, userId, namespace }: Accepted): Resume | undefined {
    if (!resume) return undefined
    const known = this.#options.resumeTokens.read(resume.token)
    const isTheirs = known?.userId === userId && known.namespace === namespace
    const named = resume.rooms && new Set(resume.rooms.filter(isRoomId))
    const rooms = named && [...named].slice(0, this.#options.roomsPerConnectionMax)
    if (!isTheirs) return { sessionId: undefined, use: null, begun: undefined, cursor: null, rooms: rooms ?? [] }
    const { sessionId, use, begun } = known
    const cursor = parseCursor(resume.since)
    if (!begun) return { sessionId, use, begun, cursor: (resume.isRemembered && cursor) || null, rooms }
    const isBefore = cursor?.epoch === begun.epoch && cursor.offset < begun.offset
    return { sessionId, use, begun, cursor: (isBefore ? begun : cursor) ?? null, rooms }
  }

  #opened(connection: Connection, session: Session, result: OpenResult | Refusal): void {
    if (connection.isClosed) return
    if (result instanceof Refusal) {
      if (result.code === 'TOKEN_INVALID') {
        this.#askAnew(connection, session)
        return
      }
      this.#options.log.info(
        { connection: connection.id, user: connection.userId, code: result.code },
        'a connection was not admitted',
      )
      if (result.code === 'RATE_LIMITED') {
        this.#options.onOverLimit(connection)
        connection.close(CLOSE.connectionLimit, result.message)
      } else if (result.code === 'FORBIDDEN') connection.close(CLOSE.kicked, result.message)
      else connection.closeForDrain(5_000)
      return
    }
    // What was published before the answer is in the replay or before the cursor. What comes after the answer is new.
    this.#welcome(connection, session, result)
  }

  #welcome(connection: Connection, session: Session, result: OpenResult): void {
    if (connection.isClosed) return
    for (const room of result.rooms) connection.rooms.add(room)
    this.#sendFirst(connection, session, result)
    if (connection.isClosed) return
    for (const { room, refusal } of result.elsewhere ?? []) this.#elsewhere(connection, room, refusalOf(refusal))
    const early = connection.opened()
    this.#goOn(connection, session, result)
    this.#options.log.debug({ connection: connection.id, user: connection.userId }, 'connection open')
    this.#options.onOpen(connection, early)
  }

  /** Sends what was missed, subscribes to what comes, and then goes on with the games of its rooms. */
  #goOn(connection: Connection, { resume }: Session, { replayed, games = [] }: OpenResult): void {
    const cursor = resume?.cursor
    const isReplayed = cursor !== undefined && cursor !== null && replayed > 0
    if (!isReplayed && games.length === 0) {
      this.#subscribe(connection)
      return
    }
    connection.turns.take((done) => {
      const subscribe = () => {
        this.#subscribe(connection)
        connection.turns.replayedAtMs = this.#options.clock.nowMs()
        connection.turns.isReplaying = false
        this.#comingBack.goOn(connection, games, done)
      }
      if (isReplayed) {
        connection.turns.isReplaying = true
        this.#replayer.replay(connection, cursor.offset, subscribe)
      } else subscribe()
    }, games.length > 0)
  }

  /** A room that a resume names is at another node. */
  #elsewhere(connection: Connection, room: RoomId, refusal: Refusal): void {
    this.#options.games.noteElsewhere(connection, room, refusal)
    const { url } = refusal.details ?? {}
    const moved = { status: 'moved', ...(url === undefined ? { why: refusal.message } : { url }) }
    connection.sendInRoom(SERVER_EVENT.status, room, moved)
  }

  #left(connection: Connection, room: RoomId, why: string): void {
    const { fanout, games } = this.#options
    const channel = roomChannel(connection.namespace, room)
    connection.rooms.delete(room)
    games.leave(connection, room)
    leaveTopic(fanout, connection, channel)
    connection.lag?.left(channel)
    connection.sendInRoom(SERVER_EVENT.status, room, { status: 'left', why })
  }

  #subscribe(connection: Connection): void {
    const { namespace, userId, rooms } = connection
    const ofRooms = Array.from(rooms, (room) => roomChannel(namespace, room))
    for (const channel of [namespaceChannel(namespace), userChannel(userId), ...ofRooms]) {
      joinTopic(this.#options.fanout, connection, channel)
    }
  }

  #sendFirst(connection: Connection, { sessionId, resume }: Session, result: OpenResult): void {
    const next = { sessionId, begun: resume?.begun ?? result, use: (resume?.use ?? 0) + 1 }
    const ready = this.#readyPayload(connection, next, result)
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

  #readyPayload(
    { id, userId, namespace }: Connection,
    { sessionId, begun, use }: { readonly sessionId: string; readonly begun: Place; readonly use: number },
    { epoch, offset }: OpenResult,
  ): ReadyPayload {
    const { resumeTokens, clock, ready } = this.#options
    return {
      session_id: sessionId,
      resume_token: resumeTokens.issue({ sessionId, userId, namespace, use, begun }),
      connection_id: id,
      user_id: userId,
      namespace,
      epoch,
      offset,
      server_time: clock.wallMs(),
      ...ready,
    }
  }
}
