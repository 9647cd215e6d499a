import { Socket } from 'node:net'
import { systemClock as clock } from './base/clock.ts'
import { createCollector } from './base/heap.ts'
import { systemRandom as random } from './base/random.ts'
import { openLogs } from './config/open-log.ts'
import { parseListen } from './config/listen.ts'
import { decodeConfig } from './config/wire.ts'
import { decodeEventBlock } from './link/event-block.ts'
import { Link, replyWith } from './link/link.ts'
import type { PrimaryMethods, WorkerMethods, WorkerWelcome } from './link/methods.ts'
import { openLoopDelay } from './metrics/loop-delay.ts'
import { createMetrics } from './metrics/metrics.ts'
import { CLOSE } from './protocol/close-codes.ts'
import type { Namespace } from './protocol/ids.ts'
import { SecurityLog } from './session/security-log.ts'
import { Sweeper } from './session/sweep.ts'
import { createTraces, startTraces, tracesTimeOf, type ProcessTraces } from './start-traces.ts'
import type { HttpHandler } from './http/http.ts'
import { createSocketIo, type SocketIo } from './transport/socket-io/socket-io.ts'
import { createHttpServer } from './transport/uws/uws-http-server.ts'
import type { Listening } from './transport/uws/listening.ts'
import { UwsServer, type UwsServerOptions } from './transport/uws/uws-server.ts'
import type { WorkerContext } from './worker/context.ts'
import { drain } from './worker/drain.ts'
import { HeapWatch } from './worker/heap-watch.ts'
import { createHttp } from './worker/http.ts'
import { createWatch } from './worker/watch.ts'
import { readMetricsOf } from './worker/read-metrics.ts'
import { createRealTime, type RealTime } from './worker/real-time.ts'

/** File descriptor of the link: the primary passes one end of a socket pair. */
const LINK_FD = 3
const LINK_QUEUE_BYTES_MAX = 256 * 1024 * 1024
/** What may wait in a socket's buffer before newer events take the place of older ones; and what is put there at a time then. */
const LAG_BYTES = 64 * 1024
const LAG_CHUNK_BYTES = 16 * 1024
/** How often the log says what was left out of it. */
const LEFT_OUT_MS = 10_000
/** Of requests to the admin interface. */
const BODIES = { bodyBytesMax: 1024 * 1024, bodyBytesTotalMax: 32 * 1024 * 1024 }

/** Of the silence after which a Socket.IO client counts as gone: when it is asked whether it is there. */
const PING_SHARE = 2 / 3

const HEAP_MS = 250

type PrimaryLink = WorkerContext['link']

interface Running {
  readonly context: WorkerContext
  readonly realTime: RealTime
  readonly server: UwsServer
  /** Where ADMIN_LISTEN is set. */
  readonly adminServer: Listening | undefined
  readonly socketIo: SocketIo
  readonly sweeper: Sweeper
  readonly traces: ProcessTraces
}

/** Runs until the primary is gone: a worker never outlives it. */
export function runWorker(): void {
  // A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; the primary decides what happens.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
  process.on('SIGHUP', () => {})
  const collect = createCollector(clock)
  let started: Running | undefined
  const running = (): Running => {
    if (!started) throw new Error('the primary spoke before its welcome')
    return started
  }
  const link: PrimaryLink = new Link<WorkerMethods, PrimaryMethods>({
    stream: new Socket({ fd: LINK_FD, readable: true, writable: true }),
    queueBytesMax: LINK_QUEUE_BYTES_MAX,
    onClose: () => process.exit(0),
    onBlock: (block) => {
      const { sweeper, realTime } = running()
      sweeper.publishing(block.length)
      realTime.fanout.publish(decodeEventBlock(block))
    },
    handlers: {
      welcome: (welcome) => {
        started = start(link, welcome)
        void listen(started)
      },
      addressFull: ({ addressKey, full }) => running().realTime.admission.setAddressFull(addressKey, full),
      namespaceFull: ({ namespace, full }) => running().realTime.admission.setNamespaceFull(namespace, full),
      memoryShort: ({ short }) => running().realTime.admission.setMemoryShort(short),
      relieve: ({ closeSlow }) => {
        if (closeSlow) running().sweeper.relieve()
        // What was just closed has to be gone first.
        setImmediate(collect)
      },
      jwks: ({ keys }) => running().realTime.keys.set(keys),
      goodChanged: ({ id }) => running().realTime.soldOut.changed(id),
      logLevel: ({ part, level }) => running().context.logs.setLevel(part, level),
      relay: ({ from, message }) => running().socketIo.relay.received(from, message),
      workerGone: ({ worker }) => running().socketIo.relay.workerGone(worker),
      kick: ({ connectionId }) => running().realTime.sessions.kick(connectionId),
      roomClosed: ({ room }) => running().realTime.sessions.roomClosed(room),
      closeAll: (_args, reply) => {
        running().realTime.sessions.closeAll(CLOSE.nodeLostPlace, 'this node lost its place in the cluster')
        reply(null)
      },
      drain: (options, reply) => replyWith(drainAll(running(), options), reply),
      ping: (_args, reply) => reply(null),
      canary: (_args, reply) => reply(null),
      metrics: (_args, reply) => replyWith(readMetrics(running()), reply),
    },
  })
}

function start(link: PrimaryLink, welcome: WorkerWelcome): Running {
  const traces = createTraces()
  const context = createContext(link, welcome, traces)
  // They know each other: frames come from the servers, and are published by them.
  const realTime = createRealTime(context, (topic, frame, isBinary) => {
    server.publish(topic, frame, isBinary)
    if (!isBinary) socketIo.publish(topic, frame)
  })
  const { http, adminHttp } = createHttp(context)
  const socketIo = createSocketIoOf(context, realTime, http)
  readMetricsOf(context, realTime)
  const server = createServer(context, realTime, { http, addRoutes: socketIo.addRoutes })
  const adminServer = adminHttp && createHttpServer({ http: adminHttp, ...BODIES })
  const sweeper = createSweeper(context, realTime)
  const heap = new HeapWatch({ sweeper, log: context.log })
  setInterval(() => heap.look(), HEAP_MS)
  return { context, realTime, server, adminServer, socketIo, sweeper, traces }
}

function createContext(link: PrimaryLink, welcome: WorkerWelcome, traces: ProcessTraces): WorkerContext {
  const config = decodeConfig(welcome.config)
  const { settings } = config
  const name = `worker-${welcome.worker}`
  const logs = openLogs(settings, name)
  const metrics = createMetrics(name, openLoopDelay())
  const onEvent = (event: string) => metrics.securityEvents.inc({ event })
  const security = new SecurityLog({ log: logs.of('security'), clock, onEvent })
  setInterval(() => security.tellLeftOut(), LEFT_OUT_MS)
  return {
    link,
    welcome,
    config,
    namespaces: { private: settings.NAMESPACE_PRIVATE as Namespace, guest: settings.NAMESPACE_GUEST as Namespace },
    valueLimits: { depthMax: settings.MAX_JSON_DEPTH, keysMax: settings.MAX_JSON_KEYS },
    clock,
    random,
    log: logs.of('worker'),
    logs,
    metrics,
    security,
    traces,
    watch: createWatch({ metrics, security, trustedProxies: settings.TRUSTED_PROXIES }),
  }
}

function createServer(
  context: WorkerContext,
  { handshake, sessions, dispatch }: RealTime,
  parts: Pick<UwsServerOptions, 'http' | 'addRoutes'>,
): UwsServer {
  const { settings } = context.config
  const prefix = `${settings.API_PATH_PREFIX}/`
  return new UwsServer({
    handshake,
    isRealTimePath: (path) => path.startsWith(prefix),
    ...parts,
    ...BODIES,
    open: (socket, accepted) => sessions.open(socket, accepted),
    frame: (connection, bytes, isBinary) => dispatch.frame(connection, bytes, isBinary),
    closed: (connection, code) => sessions.closed(connection, code),
    onDropped: () => context.metrics.drops.inc(),
    onPingsLimited: () => context.watch.limited('pings'),
    nowMs: clock.nowMs,
    frameBytesHard: settings.MAX_PAYLOAD_BYTES_HARD,
    idleTimeoutS: Math.ceil(settings.SOCKET_READ_TIMEOUT / 1000),
    backpressureBytesHard: settings.BACKPRESSURE_BYTES * 2,
  })
}

function createSocketIoOf(context: WorkerContext, realTime: RealTime, http: HttpHandler): SocketIo {
  const { config, link, logs, welcome } = context
  const { settings } = config
  const { sessions, dispatch, resumeTokens, socketIoGate } = realTime
  const silenceMs = settings.SOCKET_READ_TIMEOUT
  return createSocketIo({
    worker: welcome.worker,
    newToken: random.token,
    pingIntervalMs: silenceMs * PING_SHARE,
    pingTimeoutMs: silenceMs * (1 - PING_SHARE),
    messageBytesMax: settings.MAX_PAYLOAD_BYTES_HARD,
    bufferBytesMax: settings.BACKPRESSURE_BYTES * 2,
    nowMs: clock.nowMs,
    gate: socketIoGate,
    resumeTokens,
    link,
    log: logs.of('socket-io'),
    recoveryMs: settings.HISTORY_TTL,
    open: (socket, accepted) => sessions.open(socket, accepted),
    frame: (connection, bytes) => dispatch.frame(connection, bytes, false),
    closed: (connection, code) => sessions.closed(connection, code),
    pathPrefix: settings.API_PATH_PREFIX,
    http,
    bodyBytesTotalMax: BODIES.bodyBytesTotalMax,
    idleTimeoutS: Math.ceil(silenceMs / 1000),
    backpressureBytesHard: settings.BACKPRESSURE_BYTES * 2,
    onDropped: () => context.metrics.drops.inc(),
  })
}

function createSweeper({ config: { settings }, metrics }: WorkerContext, { sessions, fanout }: RealTime): Sweeper {
  const bytesMax = settings.BACKPRESSURE_BYTES
  return new Sweeper(sessions.all, {
    clock,
    backpressureBytesMax: bytesMax,
    lagBytes: Math.min(LAG_BYTES, bytesMax / 4),
    lag: {
      fanout,
      bytesMax,
      chunkBytes: LAG_CHUNK_BYTES,
      onSkipped: (events: number) => metrics.skipped.inc(events),
      onSlow: () => metrics.slowConsumers.inc(),
    },
    stallMs: settings.SOCKET_WRITE_TIMEOUT,
    expiryGraceMs: settings.AUTH_CLOCK_SKEW + settings.AUTH_EXPIRY_GRACE,
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
  { context, realTime, server, adminServer, traces }: Running,
  { withinMs, graceMs }: WorkerMethods['drain']['args'],
): Promise<null> {
  const tracesMs = traces.tracer === undefined ? 0 : tracesTimeOf(withinMs)
  // With other workers on the port they take who comes now; else whoever comes is told.
  if (graceMs > 0) {
    server.listening.stop()
    adminServer?.stop()
  }
  await drain({
    connections: realTime.sessions.all,
    clock,
    random,
    callsUnderWay: () => context.link.callsUnderWay,
    refuse: () => {
      realTime.admission.setDraining(true)
      realTime.dispatch.drain()
    },
    graceMs,
    withinMs: withinMs - tracesMs,
  })
  await traces.close(tracesMs)
  return null
}

async function readMetrics({ context }: Running): Promise<{ metrics: unknown }> {
  return { metrics: await context.metrics.toJson() }
}
