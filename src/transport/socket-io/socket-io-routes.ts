import { toError } from '../../base/assert.ts'
import { errorAnswer, jsonAnswer, preflightAnswer, type HttpAnswer, type HttpHandler } from '../../http/http.ts'
import type { Misfit } from '../../link/methods/operations.ts'
import { badRequest, Refusal } from '../../protocol/errors.ts'
import { accessByPath, type Access } from '../../door/handshake.ts'
import { readQuery, type RequestHead } from '../../door/request-head.ts'
import type { Admitted, SocketIoGate } from '../../door/socket-io-gate.ts'
import type { BodyBudget, BodyLimits } from '../uws/body.ts'
import type { HttpConnections } from '../uws/http-connections.ts'
import { idleTimeoutS } from '../uws/idle-timeout.ts'
import { PendingResponse, readHead } from '../uws/uws-http.ts'
import { UwsSocket } from '../uws/uws-socket.ts'
import type { TemplatedApp, UwsRequest, UwsWebSocket } from '../uws/uws.ts'
import type { Engine, Wire } from './engine.ts'
import type { EngineOutcome } from './engine-http.ts'
import type { SessionIds } from './session-ids.ts'
import { isOldVersion, oldClientPackets, oldClientPayload } from './old-clients.ts'
import { NO_SESSION, type Relay, type WireEnd } from './relay.ts'

export interface SocketIoRoutesOptions {
  /** `/core/game/v1/real-time` */
  readonly pathPrefix: string
  readonly worker: number
  readonly engine: Engine
  readonly sessionIds: Pick<SessionIds, 'workerOf'>
  readonly relay: Relay
  readonly gate: SocketIoGate
  readonly http: Pick<HttpHandler, 'limit'>
  readonly connections: HttpConnections
  readonly messageBytesMax: number
  /** For all polls whose bodies are not read completely yet. */
  readonly bodyBudget: BodyBudget
  /** How long a client may be silent before engine.io ends it. */
  readonly silenceMs: number
  readonly backpressureBytesHard: number
  readonly onDropped: () => void
  /** The first request of a client that cannot be served. */
  readonly onMisfit: (kind: Misfit, head: RequestHead) => void
}

/** uWS puts these beside its own methods, so they must not have the same names. */
interface UserData {
  readonly open: (wire: Wire) => WireEnd
  readonly onDrained: () => void
  socket: UwsSocket<UserData> | undefined
  wireEnd: WireEnd | undefined
}

type Ws = UwsWebSocket<UserData>
type Upgrade = (open: UserData['open'], onDrained?: () => void) => void

/** The number that engine.io and its clients use for this error. */
const UNSUPPORTED_VERSION = 5
const NORMAL = 1000

/** Whether a request for the path is one of Socket.IO. */
type IsOurs = (request: UwsRequest) => boolean

/**
 * Adds the routes of Socket.IO clients before those of other clients. By default Socket.IO clients add a slash to the path. Some
 * do not (`addTrailingSlash: false`), and some proxies remove it. Without the slash, they are recognized by `EIO` in the query.
 */
export function addSocketIoRoutes(app: TemplatedApp, options: SocketIoRoutesOptions): void {
  const bodies = { bytesMax: options.messageBytesMax, budget: options.bodyBudget }
  for (const [path, access] of accessByPath(options.pathPrefix)) {
    addRoutes(app, { ...options, path, access, bodies, isOurs: (request) => request.getQuery('EIO') !== undefined })
    addRoutes(app, { ...options, path: `${path}/`, access, bodies, isOurs: () => true })
  }
}

interface RouteOptions extends SocketIoRoutesOptions {
  readonly path: string
  readonly access: Access
  readonly bodies: BodyLimits
  readonly isOurs: IsOurs
}

function addRoutes(app: TemplatedApp, options: RouteOptions): void {
  const { path, access, bodies, isOurs } = options
  app
    .ws<UserData>(path, {
      maxPayloadLength: options.messageBytesMax,
      idleTimeout: idleTimeoutS(options.silenceMs),
      sendPingsAutomatically: false,
      maxBackpressure: options.backpressureBytesHard,
      closeOnBackpressureLimit: true,
      upgrade: (response, request, context) => {
        if (!isOurs(request)) {
          request.setYield(true)
          return
        }
        const head = readHead(response, request)
        const pending = new PendingResponse(response, head, options.connections)
        const upgrade: Upgrade = (open, onDrained = () => {}) => {
          const userData: UserData = { open, onDrained, socket: undefined, wireEnd: undefined }
          pending.upgrade(userData, context)
        }
        handleUpgrade(options, { head, access, pending, upgrade })
      },
      open: (ws) => {
        options.connections.webSocketOpened()
        opened(ws)
      },
      message: (ws, message, isBinary) => ws.getUserData().wireEnd?.received(new Uint8Array(message), isBinary),
      dropped: () => options.onDropped(),
      drain: (ws) => ws.getUserData().onDrained(),
      close: (ws, code) => {
        options.connections.webSocketClosed()
        const { socket, wireEnd } = ws.getUserData()
        socket?.forget()
        wireEnd?.closed(code)
      },
    })
    .any(path, (response, request) => {
      if (!isOurs(request)) {
        request.setYield(true)
        return
      }
      const head = readHead(response, request)
      handleRequest(options, {
        head,
        access,
        pending: new PendingResponse(response, head, options.connections),
        bodies,
      })
    })
}

interface Incoming {
  readonly head: RequestHead
  readonly access: Access
  readonly pending: PendingResponse
}

function handleUpgrade(
  options: SocketIoRoutesOptions,
  { head, access, pending, upgrade }: Incoming & { readonly upgrade: Upgrade },
): void {
  const { engine, relay, worker } = options
  const refuseOld = (message: string) => upgrade((wire) => tellOld(wire, message))
  const asked = look(options, { head, access, pending, refuseOld }, 'websocket')
  if (!asked) return
  const { owner, admitted } = asked
  if (owner === worker) {
    const call = engine.upgrade(head, admitted, (outcome) => {
      if (outcome.kind === 'answer') pending.answer(outcome.answer)
      else
        upgrade(
          (wire) => engine.open(outcome.data, wire),
          () => engine.drained(outcome.data),
        )
    })
    pending.onGone(() => call.abort())
    return
  }
  upgrade((wire) => relay.open(owner, head, wire))
}

function handleRequest(
  options: SocketIoRoutesOptions,
  { head, access, pending, bodies }: Incoming & { readonly bodies: BodyLimits },
): void {
  const { gate } = options
  const cors = gate.corsHeaders(head)
  const answer = (given: HttpAnswer) => pending.answer({ ...given, headers: { ...cors, ...given.headers } })
  if (head.method === 'OPTIONS') {
    answer(answerOptions(options, head))
    return
  }
  const refuseOld = (message: string) => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
    answer({ status: 200, headers, body: oldClientPayload(oldClientPackets(message)) })
  }
  const asked = look(options, { head, access, pending, refuseOld }, 'polling')
  if (!asked) return
  void pending.readBody(bodies).then(
    (body) => pending.onGone(ask(options, { ...asked, head, body, hold: () => pending.hold() }, answer)),
    (error: unknown) => answer(errorAnswer(toRefusal(error))),
  )
}

interface Asked {
  /** The worker that has the session, or will have it. */
  readonly owner: number
  /** Set for a session's first request. */
  readonly admitted: Admitted | undefined
}

interface Asking extends Asked {
  readonly head: RequestHead
  readonly body: Uint8Array
  /** Makes later requests on the connection wait for the answer. */
  readonly hold: () => void
}

/** Returns a function to call when the client no longer waits. */
function ask(
  { engine, relay, worker }: SocketIoRoutesOptions,
  { owner, head, body, admitted, hold }: Asking,
  answer: (answer: HttpAnswer) => void,
): () => void {
  // A poll is answered only when there is something to say. Until then, only its client's leaving can end it, so it must be
  // noticed.
  if (head.method !== 'GET') hold()
  const settle = (outcome: EngineOutcome) => {
    if (outcome.kind === 'answer') answer(outcome.answer)
  }
  const call =
    owner === worker ? engine.request(head, body, admitted, settle) : relay.request(owner, head, body, answer)
  return () => call.abort()
}

function answerOptions({ http, gate }: SocketIoRoutesOptions, head: RequestHead): HttpAnswer {
  const limited = http.limit(head)
  if (limited) return limited
  try {
    gate.check(head)
    return preflightAnswer(gate.preflightHeaders(head) ?? {})
  } catch (thrown) {
    return errorAnswer(toRefusal(thrown))
  }
}

function opened(ws: Ws): void {
  const data = ws.getUserData()
  const socket = new UwsSocket(ws)
  data.socket = socket
  data.wireEnd = data.open({
    send: (frame, isBinary) => (typeof frame === 'string' ? socket.send(frame) : socket.sendBuilt(frame, isBinary)),
    end: () => socket.close(NORMAL, ''),
    bufferedBytes: () => socket.bufferedBytes(),
  })
}

/** Handles a WebSocket of an old client, which would not show a refusal in HTTP. */
function tellOld(wire: Wire, message: string): WireEnd {
  for (const packet of oldClientPackets(message)) wire.send(packet, false)
  wire.end()
  return { received: () => {}, closed: () => {} }
}

function toRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('INTERNAL', toError(error).message)
}

interface Looking extends Incoming {
  /** Refuses in a way that clients of an older protocol show. */
  readonly refuseOld: (message: string) => void
}

function readVersion({ query }: RequestHead): string | undefined {
  return new URLSearchParams(query).get('EIO') ?? undefined
}

/** Decides by the head alone. Returns undefined if the request was refused and answered. */
function look(
  { http, gate, worker, sessionIds, onMisfit }: SocketIoRoutesOptions,
  { head, access, pending, refuseOld }: Looking,
  transport: 'polling' | 'websocket',
): Asked | undefined {
  const refuse = (answer: HttpAnswer) => {
    pending.answer({ ...answer, headers: { ...answer.headers, ...gate.corsHeaders(head) } })
    return undefined
  }
  try {
    gate.check(head)
    const session = readSession(head, transport)
    const limited = http.limit(head)
    if (limited) return refuse(limited)
    if (session === undefined) return { owner: worker, admitted: gate.admit(head, access) }
    const owner = sessionIds.workerOf(session)
    return owner === undefined ? refuse(NO_SESSION) : { owner, admitted: undefined }
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    if (!isOldVersion(thrown.details?.['path'] === 'EIO' ? readVersion(head) : undefined))
      return refuse(toAnswer(thrown))
    onMisfit('old_protocol', head)
    refuseOld(thrown.message)
    return undefined
  }
}

/** If engine.io has its own words for the refusal, the answer has them, too, because its clients show them. */
function toAnswer(refusal: Refusal): HttpAnswer {
  const answer = errorAnswer(refusal)
  if (refusal.details?.['path'] !== 'EIO') return answer
  const body = { code: UNSUPPORTED_VERSION, message: refusal.message, error: refusal.toBody() }
  return jsonAnswer(body, refusal.status)
}

/**
 * Returns undefined if the request is for a new session. Throws BAD_REQUEST if engine.io would read the query differently, or if
 * the transport is not that of the request: engine.io might not answer such a request, or might crash.
 */
function readSession({ query }: RequestHead, transport: 'polling' | 'websocket'): string | undefined {
  const read = readQuery(query, ['EIO', 'transport', 'sid'])
  const session = read.get('sid')
  if (session === '') throw badRequest('sid', 'is empty')
  // Without any of the three it is not Engine.IO at all. The gate refuses that.
  if (read.size > 0 && read.get('transport') !== transport) {
    throw badRequest('transport', `must be ${transport} for such a request`)
  }
  return session
}
