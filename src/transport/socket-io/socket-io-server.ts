import type { Socket as EngineSocket } from 'engine.io'
import { Adapter, type Session } from 'socket.io-adapter'
import { Server, type DefaultEventsMap, type Socket as IoSocket } from 'socket.io'
import { toError } from '../../base/assert.ts'
import type { Log } from '../../base/log.ts'
import type { Link } from '../../link/link.ts'
import type { Misfit } from '../../link/methods/operations.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { WorkerMethods } from '../../link/methods/worker.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import { Refusal } from '../../protocol/errors.ts'
import { encodeMsgpack } from '../../protocol/msgpack.ts'
import type { RoomId } from '../../protocol/ids.ts'
import type { ValueLimits } from '../../protocol/value.ts'
import type { Connection, Incoming } from '../../session/connection.ts'
import { parseCursor } from '../../session/cursor.ts'
import type { Accepted } from '../../door/handshake.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { ResumeTokens } from '../../auth/resume-token.ts'
import type { SocketIoGate } from '../../door/socket-io-gate.ts'
import type { Socket } from '../../session/socket.ts'
import type { Engine } from './engine.ts'
import { EngineRequest } from './engine-http.ts'
import { msgpackConnectError } from './old-clients.ts'
import { encodeRequest } from './request-frame.ts'
import { SocketIoSocket } from './socket-io-socket.ts'
import type { Topics } from './topics.ts'

export interface SocketIoServerOptions {
  readonly engine: Engine
  readonly topics: Topics
  readonly gate: SocketIoGate
  readonly resumeTokens: ResumeTokens
  readonly newToken: () => string
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'ask'>
  readonly log: Log
  /** For how long a session can be recovered after its connection is gone. */
  readonly recoveryMs: number
  readonly open: (socket: Socket, accepted: Accepted) => Connection
  readonly frame: (connection: Connection, incoming: Incoming) => void
  readonly valueLimits: ValueLimits
  /** The first request of a client that cannot be served. */
  readonly onMisfit: (kind: Misfit, head: RequestHead) => void
  readonly closed: (connection: Connection, code: number) => void
}

/** What is kept with a socket from its CONNECT packet until its connection is made. */
interface SocketData {
  /** The client may recover, so its events have cursors. */
  recovers?: boolean
  /** Set for a recovered session. */
  rooms?: readonly RoomId[]
  accepted?: Accepted
}

type Io = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>
type ClientSocket = IoSocket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>

/** How long a client may take to send its CONNECT packet. */
const CONNECT_TIMEOUT_MS = 10_000

const CLOSE_CODES: Readonly<Record<string, number>> = {
  'client namespace disconnect': CLOSE.normal,
  'ping timeout': CLOSE.noPong,
}
const ABNORMAL = 1006

/** Makes connections of Socket.IO clients that are like all others. The library only speaks its protocol. */
export function createSocketIoServer(options: SocketIoServerOptions): void {
  const io: Io = new Server({
    serveClient: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionStateRecovery: { maxDisconnectionDuration: options.recoveryMs, skipMiddlewares: false },
    adapter: createAdapter(options),
  })
  const entered = new WeakSet<EngineSocket>()
  io.use((socket, next) => {
    // Each connection of the client may have one socket in all its life, because limits and places are counted by connection.
    if (entered.has(socket.conn)) {
      socket.conn.close(true)
      return
    }
    try {
      socket.data.accepted = accept(socket, options)
      entered.add(socket.conn)
      next()
    } catch (thrown) {
      next(toConnectError(thrown, options.log))
    }
  })
  io.on('connection', (socket) => connect(socket, options))
  // This has to come before Socket.IO, which closes the connection without a reason if it cannot read a packet.
  options.engine.server.on('connection', (conn: EngineSocket) => refuseOtherParsers(conn, options.onMisfit))
  io.bind(options.engine.server)
}

const CONNECT_PACKET = '0'

/**
 * A client with another parser than the default one sends a first packet that Socket.IO cannot read, and would try again forever.
 * If it is the msgpack parser, the client is told in its own encoding, so that it shows a `connect_error` and stays away.
 */
function refuseOtherParsers(conn: EngineSocket, onMisfit: SocketIoServerOptions['onMisfit']): void {
  const look = ({ type, data }: { readonly type: string; readonly data?: unknown }) => {
    if (type !== 'message') return
    conn.off('packet', look)
    if (typeof data === 'string' && data.startsWith(CONNECT_PACKET)) return
    const { request } = conn as { readonly request: unknown }
    const isMsgpack = typeof data !== 'string'
    if (request instanceof EngineRequest) onMisfit(isMsgpack ? 'msgpack_parser' : 'other_parser', request.head)
    if (!isMsgpack) return
    const refusal = new Refusal(
      'BAD_REQUEST',
      'this server does not support the msgpack parser: use the default parser of Socket.IO',
    )
    conn.write(Buffer.from(encodeMsgpack(msgpackConnectError(refusal.message, refusal.toBody()))))
  }
  conn.on('packet', look)
}

/** An adapter that finds what a session had in the log and in the primary. It keeps nothing itself. */
function createAdapter({ resumeTokens, link }: SocketIoServerOptions): typeof Adapter {
  return class LogAdapter extends Adapter {
    override async restoreSession(pid: string, offset: string): Promise<Session> {
      const known = resumeTokens.read(pid)
      const cursor = parseCursor(offset)
      const rooms = known && cursor && (await link.ask('remembered', { session: known.sessionId, cursor }))
      if (!rooms) throw new Refusal('NOT_FOUND', 'this session cannot be recovered')
      return { sid: known.sessionId, pid, rooms: [], data: { rooms }, missedPackets: [] }
    }
  }
}

/** Throws a Refusal. */
function accept(socket: ClientSocket, { gate, resumeTokens, newToken }: SocketIoServerOptions): Accepted {
  const request: unknown = socket.request
  if (!(request instanceof EngineRequest) || !request.admitted) throw new Error('a session without its first request')
  const { token, pid, offset, recovery } = socket.handshake.auth as Readonly<Record<string, unknown>>
  if (recovery !== undefined && typeof recovery !== 'boolean') {
    throw new Refusal('BAD_REQUEST', 'auth.recovery must be true or false', { path: 'auth.recovery' })
  }
  socket.data.recovers = recovery ?? !isPython(request)
  if (token !== undefined && typeof token !== 'string')
    throw new Refusal('TOKEN_INVALID', 'auth.token must be a string')
  const resumeToken = typeof pid === 'string' ? pid : undefined
  const known = resumeToken === undefined ? undefined : resumeTokens.read(resumeToken)
  const claims = { token, resumeToken, sessionId: socket.id }
  const accepted = gate.accept(request.admitted, { ...claims, resume: null })
  const isTheirs = known?.userId === accepted.userId && known.namespace === accepted.namespace
  if (socket.recovered && isTheirs && resumeToken !== undefined) {
    return {
      ...accepted,
      resume: { token: resumeToken, since: String(offset), rooms: socket.data.rooms ?? [], isRemembered: true },
    }
  }
  const { userId, namespace } = accepted
  // If the recovered session is somebody else's, this connection gets no share in it.
  const sessionId = socket.recovered ? newToken() : socket.id
  // The client sends this when it comes back. Any worker can read it.
  const newPid = resumeTokens.issue({ sessionId, userId, namespace, use: null })
  Object.assign(socket, { id: sessionId, pid: socket.data.recovers ? newPid : undefined, recovered: false })
  return { ...accepted, sessionId }
}

/** The form of the time in URLs of the Python client: seconds with a decimal point. */
const PYTHON_TIME = /^\d{9,11}\.\d+$/

/**
 * python-socketio has no recovery, and calls a handler with all arguments of an event, so that a handler for one argument fails
 * if there is a cursor. Its CONNECT packet looks like any other, but the `t` in its URLs is a decimal number, and that of
 * socket.io-client is not.
 */
function isPython(request: EngineRequest): boolean {
  return PYTHON_TIME.test(new URLSearchParams(request.getQuery()).getAll('t').at(-1) ?? '')
}

/** The error that the client sees as `connect_error`, with the protocol's error as `data`. */
function toConnectError(thrown: unknown, log: Log): Error {
  if (!(thrown instanceof Refusal)) log.error({ err: toError(thrown) }, 'a Socket.IO client could not connect')
  const refusal = thrown instanceof Refusal ? thrown : new Refusal('INTERNAL', 'a defect of the server')
  return Object.assign(new Error(refusal.message), { data: refusal.toBody() })
}

function connect(socket: ClientSocket, options: SocketIoServerOptions): void {
  const { engine, topics } = options
  const { accepted } = socket.data
  if (!accepted) throw new Error('a socket without an accepted handshake')
  const conn: EngineSocket = socket.conn
  const port = new SocketIoSocket(conn, {
    topics,
    hasCursors: socket.data.recovers === true,
    bufferedBytes: () => engine.bufferedBytes(conn),
    onPolled: () => connection.drained(),
    disconnect: () => socket.disconnect(true),
  })
  const connection = options.open(port, accepted)
  const drained = () => connection.drained()
  engine.onDrained(conn.transport, drained)
  conn.on('upgrade', (transport: EngineSocket['transport']) => {
    engine.onDrained(transport, drained)
    // All that waited for a poll leaves at once right after this, and no WebSocket reports that it was read.
    setImmediate(drained)
  })
  socket.onAny((name: string, ...args: unknown[]) => {
    const last = args.at(-1)
    const id = typeof last === 'function' ? port.expectReply((reply) => void last(reply)) : undefined
    const given = id === undefined ? args : args.slice(0, -1)
    options.frame(connection, encodeRequest(name, given, id, options.valueLimits))
  })
  socket.on('disconnect', (reason) => {
    port.forget()
    options.closed(connection, port.closeCode ?? CLOSE_CODES[reason] ?? ABNORMAL)
    setImmediate(() => conn.close())
  })
}
