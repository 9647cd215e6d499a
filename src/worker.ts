import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { systemClock as clock } from './base/clock.ts'
import { createCollector } from './base/heap.ts'
import { logNodeWarnings } from './base/node-warnings.ts'
import { systemRandom as random } from './base/random.ts'
import { openLogs } from './config/open-log.ts'
import { parseListen } from './config/listen.ts'
import { decodeConfig } from './config/wire.ts'
import { Link } from './link/link.ts'
import type { PrimaryMethods } from './link/methods/primary.ts'
import type { WorkerMethods, WorkerWelcome } from './link/methods/worker.ts'
import { isSameLink } from './link/version.ts'
import { openLoopDelay } from './metrics/loop-delay.ts'
import { createMetrics } from './metrics/metrics.ts'
import { EXIT } from './setup/exit-codes.ts'
import { createTraces, startTraces, tracesTimeOf, type ProcessTraces } from './start-traces.ts'
import type { HttpHandler } from './http/http.ts'
import { pingTimes } from './session/ping-times.ts'
import { createSocketIo, type SocketIo } from './transport/socket-io/socket-io.ts'
import { createNodeHttpServer } from './transport/node-http/node-http-server.ts'
import { BodyBudget } from './transport/uws/body.ts'
import { HttpConnections } from './transport/uws/http-connections.ts'
import type { Listening } from './transport/uws/listening.ts'
import { UwsServer, type UwsServerOptions } from './transport/uws/uws-server.ts'
import { createAcceptRules } from './worker/accepting.ts'
import type { PrimaryLink, WorkerContext } from './worker/context.ts'
import { drainParts } from './worker/drain.ts'
import { HeapWatch } from './worker/heap-watch.ts'
import { createHttp } from './worker/http.ts'
import { createLinkHandlers, publishBlock, publishGameBlock, type Listeners } from './worker/link-handlers.ts'
import { openContext } from './worker/open-context.ts'
import { readMetricsOf } from './worker/read-metrics.ts'
import { createRealTime, type RealTime } from './worker/real-time.ts'
import { startSweeper } from './worker/sweeper.ts'

/** The file descriptor of the link, which is one end of a socket pair from the primary. */
const LINK_FD = 3
/** With more queued bytes than this, the primary is asked nothing more for clients. */
const LINK_QUEUE_BYTES_MAX = 16 * 1024 * 1024
/**
 * With more queued bytes than this the primary is stuck. The worker ends. Restarting the primary is up to the service manager.
 */
const LINK_CLOSE_BYTES_MAX = 256 * 1024 * 1024
/** The largest body of a request to the REST interface. */
const BODY_BYTES_MAX = 1024 * 1024
/** The most bytes of all such bodies under way. The polls of Socket.IO clients have a budget of the same size. */
const BODIES_BYTES_MAX = 32 * 1024 * 1024

const HEAP_MS = 250

interface Running extends Listeners {
  readonly server: UwsServer
  /** Set if ADMIN_LISTEN is. */
  readonly adminServer: Pick<Listening, 'start' | 'stop'> | undefined
  readonly connections: HttpConnections
  readonly traces: ProcessTraces
}

/** Runs until the primary is gone. A worker never outlives it. */
export function runWorker(): void {
  let started: Running | undefined
  const running = (): Running => {
    if (!started) throw new Error('the primary sent something before its welcome')
    return started
  }
  const link: PrimaryLink = new Link<WorkerMethods, PrimaryMethods>({
    stream: new Socket({ fd: LINK_FD, readable: true, writable: true }),
    queueBytesMax: LINK_QUEUE_BYTES_MAX,
    closeBytesMax: LINK_CLOSE_BYTES_MAX,
    onClose: () => process.exit(0),
    onBlock: (block) => publishBlock(running(), block),
    onGameBlock: (block) => publishGameBlock(running(), block),
    handlers: {
      welcome: (welcome) => {
        if (!isSameLink(welcome.linkVersion)) endAsStranger()
        started = start(link, welcome)
        void listen(started)
      },
      ...createLinkHandlers(running),
    },
  })
}

/** Writes to standard error, because the configuration of the log came with the welcome and may be misread. */
function endAsStranger(): never {
  writeSync(
    process.stderr.fd,
    'drumbeat: the files of Drumbeat were changed since this node started, so no worker can join it: restart the node\n',
  )
  process.exit(EXIT.configuration)
}

function start(link: PrimaryLink, welcome: WorkerWelcome): Running {
  const traces = createTraces()
  const name = `worker-${welcome.worker}`
  const logs = openLogs(decodeConfig(welcome.config).settings, name)
  logNodeWarnings(logs.of('worker'))
  const metrics = createMetrics(name, openLoopDelay())
  const context = openContext({ link, welcome, clock, random, logs, metrics, traces })
  // These two need each other: the servers pass frames in, and publish events out.
  const realTime = createRealTime(context, {
    publish: (topic, frame, isBinary, event) => {
      server.publish(topic, frame, isBinary)
      if (!isBinary) socketIo.publish(topic, frame, event)
    },
    publishPatch: (topic, frame, isBinary) => {
      server.publish(topic, frame, isBinary)
      if (!isBinary) socketIo.publishPatch(topic, frame)
    },
  })
  const { http, adminHttp, rates: httpRates } = createHttp(context)
  const connections = new HttpConnections(context.config.settings.HTTP_KEEP_ALIVE)
  const bodies = { bytesMax: BODY_BYTES_MAX, budget: new BodyBudget(BODIES_BYTES_MAX) }
  const bodyBudget = new BodyBudget(BODIES_BYTES_MAX)
  const socketIo = createSocketIoOf(context, realTime, { http, connections, bodyBudget })
  readMetricsOf(context, realTime, { rest: bodies.budget, socketio: bodyBudget })
  const server = createServer(context, realTime, { http, connections, bodies, addRoutes: socketIo.addRoutes })
  const { ADMIN_IDLE_TIMEOUT: idleTimeoutMs, HTTP_HEAD_BYTES: headBytesMax } = context.config.settings
  const adminServer =
    adminHttp && createNodeHttpServer({ http: adminHttp, connections, idleTimeoutMs, headBytesMax, bodies })
  const sweeper = startSweeper(context, realTime)
  const heap = new HeapWatch({ sweeper, log: context.log })
  setInterval(() => heap.look(), HEAP_MS)
  const started: Running = {
    context,
    realTime,
    httpRates,
    server,
    adminServer,
    connections,
    relay: socketIo.relay,
    sweeper,
    traces,
    collectGarbage: createCollector(clock),
    drain: (options) => drainAll(started, options),
  }
  return started
}

function createServer(
  context: WorkerContext,
  { handshake, sessions, dispatch }: RealTime,
  parts: Pick<UwsServerOptions, 'http' | 'connections' | 'bodies' | 'addRoutes'>,
): UwsServer {
  const { settings } = context.config
  const prefix = `${settings.API_PATH_PREFIX}/`
  return new UwsServer({
    handshake,
    isRealTimePath: (path) => path.startsWith(prefix),
    ...parts,
    open: (socket, accepted) => sessions.open(socket, accepted),
    frame: (connection, bytes, isBinary) => dispatch.frame(connection, { bytes }, isBinary),
    closed: (connection, code) => sessions.closed(connection, code),
    onDropped: () => context.metrics.drops.inc(),
    accepting: createAcceptRules(context),
    onPingsLimited: () => context.watch.limited('pings'),
    nowMs: clock.nowMs,
    frameBytesHard: settings.MAX_PAYLOAD_BYTES_HARD,
    silenceMs: settings.SOCKET_READ_TIMEOUT,
    backpressureBytesHard: settings.BACKPRESSURE_BYTES * 2,
  })
}

function createSocketIoOf(
  context: WorkerContext,
  realTime: RealTime,
  parts: { readonly http: HttpHandler; readonly connections: HttpConnections; readonly bodyBudget: BodyBudget },
): SocketIo {
  const { config, link, logs, welcome } = context
  const { settings } = config
  const { sessions, dispatch, resumeTokens, socketIoGate } = realTime
  const silenceMs = settings.SOCKET_READ_TIMEOUT
  return createSocketIo({
    worker: welcome.worker,
    newToken: random.token,
    secret: welcome.resumeSecret,
    ...pingTimes(silenceMs),
    messageBytesMax: settings.MAX_PAYLOAD_BYTES_HARD,
    bufferBytesMax: settings.BACKPRESSURE_BYTES * 2,
    nowMs: clock.nowMs,
    gate: socketIoGate,
    resumeTokens,
    link,
    log: logs.of('socket-io'),
    recoveryMs: settings.HISTORY_TTL,
    open: (socket, accepted) => sessions.open(socket, accepted),
    frame: (connection, incoming) => dispatch.frame(connection, incoming, false),
    valueLimits: context.valueLimits,
    onMisfit: context.watch.misfit,
    closed: (connection, code) => sessions.closed(connection, code),
    pathPrefix: settings.API_PATH_PREFIX,
    ...parts,
    silenceMs,
    backpressureBytesHard: settings.BACKPRESSURE_BYTES * 2,
    onDropped: () => context.metrics.drops.inc(),
  })
}

async function listen({ context, server, adminServer, traces }: Running): Promise<void> {
  const { config, metrics, log, welcome } = context
  const { HTTP_HOST, ADMIN_LISTEN = '' } = config.settings
  await startTraces({ settings: config.settings, metrics, clock, random, log }, traces)
  const admin = parseListen(ADMIN_LISTEN)
  if (admin && welcome.adminPort !== null) await adminServer?.start(admin.host, welcome.adminPort)
  const port = await server.listening.start(HTTP_HOST, welcome.port)
  context.link.tell('listening', { port })
}

async function drainAll(
  { context, realTime, server, adminServer, connections, traces }: Running,
  { withinMs, graceMs }: WorkerMethods['drain']['args'],
): Promise<null> {
  const tracesMs = traces.tracer === undefined ? 0 : tracesTimeOf(withinMs)
  // If other workers share the port, they get the new clients. Otherwise this worker stays open and tells them that it is
  // draining.
  if (graceMs > 0) {
    server.listening.stop()
    adminServer?.stop()
  }
  connections.drain()
  const httpConnections = () => connections.count
  await drainParts({ context, realTime }, { httpConnections, graceMs, withinMs: withinMs - tracesMs })
  await traces.close(tracesMs)
  return null
}
