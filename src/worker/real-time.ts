import { EVENT, type EventType } from '../protocol/events.ts'
import { Dispatch, type DispatchOptions } from '../commands/dispatch.ts'
import { SoldOut } from '../commands/sold-out.ts'
import { StateReads } from '../commands/state-reads.ts'
import { Fanout, type FanoutOptions } from '../fanout/fanout.ts'
import type { Settings } from '../config/settings.ts'
import { closeLabel } from '../metrics/metrics.ts'
import { GUEST_PREFIX, type UserId } from '../protocol/ids.ts'
import type { Random } from '../base/random.ts'
import { createAdmission, type Admission } from '../door/admission.ts'
import { createHandshake, type HandshakeOptions, type HandshakeResult } from '../door/handshake.ts'
import type { RequestHead } from '../door/request-head.ts'
import { createResumeTokens, type ResumeTokens } from '../auth/resume-token.ts'
import { CallsUnderWay } from '../session/calls-under-way.ts'
import { GameRooms, type GameRoomsOptions } from '../session/games/game-rooms.ts'
import { pingTimes } from '../session/ping-times.ts'
import { Shares } from '../session/shares.ts'
import { Sessions } from '../session/sessions.ts'
import { createSocketIoGate, type SocketIoGate } from '../door/socket-io-gate.ts'
import type { Traffic } from '../session/traffic.ts'
import { createTokenVerifier, type TokenVerifier } from '../auth/token.ts'
import type { WorkerContext } from './context.ts'
import { headCheckOf } from './http.ts'
import { createWorkerKeys, type WorkerKeys } from './keys.ts'

/** The parts that the frames of a socket pass through: admission, handshake, session, commands, fan-out. */
export interface RealTime {
  readonly admission: Admission
  readonly keys: WorkerKeys
  readonly fanout: Fanout
  readonly games: GameRooms
  readonly sessions: Sessions
  readonly shares: Shares
  readonly dispatch: Dispatch
  readonly soldOut: SoldOut
  readonly handshake: (head: RequestHead) => HandshakeResult
  readonly socketIoGate: SocketIoGate
  readonly resumeTokens: ResumeTokens
  readonly traffic: Traffic
}

/** The burst: how many seconds' worth of attempts may come at once. */
const CONNECT_BURST_S = 4

export interface TransportParts {
  readonly publish: FanoutOptions['publish']
  readonly publishPatch: GameRoomsOptions['publish']
}

export function createRealTime(context: WorkerContext, { publish, publishPatch }: TransportParts): RealTime {
  const { config, link, clock, random, welcome, watch } = context
  const { settings } = config
  const keys = createWorkerKeys(welcome.tokenKey, settings, () => link.tell('unknownKey', null))
  const verifier = createVerifier(context, keys)
  const resumeTokens = createResumeTokens({
    secret: welcome.resumeSecret,
    ttlMs: settings.RESUME_TOKEN_TTL,
    nowMs: clock.wallMs,
  })
  const admission = createAdmission({
    ratePerAddress: settings.CONNECT_RATE_PER_ADDRESS,
    burst: settings.CONNECT_RATE_PER_ADDRESS * CONNECT_BURST_S,
    exemptLoopback: !config.explicit.has('CONNECT_RATE_PER_ADDRESS'),
    clock,
    random,
  })
  const traffic: Traffic = { receivedBytes: 0, sentBytes: 0, requests: new Map() }
  const fanout = createFanout(context, traffic, publish)
  const games = new GameRooms({
    link,
    publish: publishPatch,
    onPublished: (bytes) => void (traffic.sentBytes += bytes),
  })
  const soldOut = new SoldOut()
  const calls = createCalls(context)
  const dispatch = createDispatch(context, { fanout, games, verifier, soldOut, traffic, calls })
  const shares = createShares(context)
  const sessions = createSessions(context, { fanout, games, shares, resumeTokens, dispatch, traffic })
  const options = handshakeOptions(context, { admission, verifier, resumeTokens })
  const gates = {
    handshake: watch.handshake(createHandshake(options)),
    socketIoGate: watch.gate(createSocketIoGate(options)),
  }
  return { admission, keys, fanout, games, sessions, shares, dispatch, soldOut, resumeTokens, traffic, ...gates }
}

function createShares({ config: { settings, explicit }, clock }: WorkerContext): Shares {
  return new Shares({
    rates: {
      messagesPerSecond: settings.RATE_MESSAGES_PER_USER,
      bytesPerSecond: settings.RATE_BYTES_PER_USER,
      joinsPerSecond: settings.RATE_JOINS_PER_USER,
      logBytesPerSecond: settings.RATE_LOG_BYTES_PER_USER,
      broadcastBytesPerSecond: settings.BROADCAST_BYTES_PER_USER,
      messageBytesPerSecond: settings.MESSAGE_BYTES_PER_SENDER,
    },
    exemptLoopback: !explicit.has('RATE_MESSAGES_PER_USER'),
    clock,
  })
}

function createVerifier({ config: { settings }, clock, metrics }: WorkerContext, keys: WorkerKeys): TokenVerifier {
  return createTokenVerifier({
    keys: keys.source,
    ...(settings.AUTH_ISSUER === undefined ? {} : { issuer: settings.AUTH_ISSUER }),
    ...(settings.AUTH_AUDIENCE === undefined ? {} : { audience: settings.AUTH_AUDIENCE }),
    tokenBytesMax: settings.AUTH_TOKEN_BYTES_MAX,
    clockSkewMs: settings.AUTH_CLOCK_SKEW,
    lifetimeMaxMs: settings.AUTH_TOKEN_LIFETIME_MAX,
    nowMs: clock.wallMs,
    onResult: (result) => metrics.tokenVerifications.inc({ result }),
  })
}

function createFanout({ metrics, traces }: WorkerContext, traffic: Traffic, publish: FanoutOptions['publish']): Fanout {
  return new Fanout({
    publish,
    traces,
    onPublished: (events, deliveries, bytes) => {
      traffic.sentBytes += bytes
      metrics.eventsOut.inc(events)
      metrics.deliveries.inc(deliveries)
    },
  })
}

function createCalls({ config: { settings }, link }: WorkerContext): CallsUnderWay {
  return new CallsUnderWay({
    limits: {
      perConnectionMax: settings.MAX_CALLS_PER_CONNECTION,
      perUserMax: settings.MAX_CALLS_PER_USER,
      perWorkerMax: settings.MAX_CALLS_PER_WORKER,
    },
    isLinkFull: () => link.isFull,
  })
}

/**
 * Reads get turns of their own, because one read may be for many connections. Their turn numbers are negative; those of
 * connections are positive.
 */
function createStateReads(link: WorkerContext['link']): StateReads {
  let lastNumber = 0
  return new StateReads((channel, done, untilMs) => {
    link.call('state', { channel }, done, undefined, untilMs, --lastNumber)
  })
}

function createDispatch(
  context: WorkerContext,
  parts: {
    readonly fanout: Fanout
    readonly games: GameRooms
    readonly verifier: TokenVerifier
    readonly soldOut: SoldOut
    readonly traffic: Traffic
    readonly calls: CallsUnderWay
  },
): Dispatch {
  const { config, link, clock, random, logs, metrics, valueLimits, watch, traces } = context
  const { settings } = config
  return new Dispatch({
    context: {
      link,
      fanout: parts.fanout,
      games: parts.games,
      soldOut: parts.soldOut,
      stateReads: createStateReads(link),
      clock,
      random,
      limits: {
        roomsPerConnectionMax: settings.MAX_ROOMS_PER_CONNECTION,
        buyCountMax: settings.BUY_MAX_COUNT,
        workers: settings.WORKERS,
        guestsMessagePlayers: settings.GUESTS_MESSAGE_PLAYERS,
      },
      verifyToken: parts.verifier.verify,
      onOver: watch.saidTooMuch,
    },
    log: logs.of('commands'),
    traffic: parts.traffic,
    calls: parts.calls,
    frameBytesMax: settings.MAX_PAYLOAD_BYTES,
    valueLimits,
    denied: deniedEvents(settings),
    onReplied: (event_type, durationMs) => metrics.requestSeconds.observe({ event_type }, durationMs / 1000),
    onRefused: watch.refused,
    onLimited: watch.limited,
    traces,
  })
}

function deniedEvents({ PRIVATE_DENIED_EVENTS, GUEST_DENIED_EVENTS }: Settings): DispatchOptions['denied'] {
  return { private: new Set<EventType>(PRIVATE_DENIED_EVENTS), guest: new Set<EventType>(GUEST_DENIED_EVENTS) }
}

function createSessions(
  { config: { settings }, link, clock, random, logs, metrics, watch }: WorkerContext,
  parts: {
    readonly fanout: Fanout
    readonly games: GameRooms
    readonly shares: Shares
    readonly resumeTokens: ResumeTokens
    readonly dispatch: Dispatch
    readonly traffic: Traffic
  },
): Sessions {
  const denied = deniedEvents(settings)
  return new Sessions({
    link,
    fanout: parts.fanout,
    games: parts.games,
    shares: parts.shares,
    clock,
    random,
    log: logs.of('session'),
    traffic: parts.traffic,
    resumeTokens: parts.resumeTokens,
    newGuestId: () => newGuestId(random),
    rates: {
      messagesPerSecond: settings.RATE_MESSAGES,
      bytesPerSecond: settings.RATE_BYTES,
      frameBytesMax: settings.MAX_PAYLOAD_BYTES,
    },
    roomsPerConnectionMax: settings.MAX_ROOMS_PER_CONNECTION,
    mayJoin: (access) => !denied[access].has(EVENT.roomJoin),
    ready: {
      node: settings.NODE_ID,
      max_payload_bytes: settings.MAX_PAYLOAD_BYTES,
      ping_interval_ms: pingTimes(settings.SOCKET_READ_TIMEOUT).pingIntervalMs,
    },
    onOver: watch.saidTooMuch,
    onOverLimit: watch.overLimit,
    onOpen: (connection, early) => {
      for (const frame of early) parts.dispatch.early(connection, frame)
    },
    onClose: (connection, code) => {
      metrics.closes.inc({ code: closeLabel(code) })
      watch.closed(connection)
    },
  })
}

function newGuestId(random: Pick<Random, 'token'>): UserId {
  return `${GUEST_PREFIX}${random.token()}` as UserId
}

function handshakeOptions(
  { config: { settings }, namespaces, random }: WorkerContext,
  parts: { readonly admission: Admission; readonly verifier: TokenVerifier; readonly resumeTokens: ResumeTokens },
): HandshakeOptions {
  return {
    pathPrefix: settings.API_PATH_PREFIX,
    namespaces,
    allowedOrigins: settings.ALLOWED_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    checkHead: headCheckOf(settings, settings.HTTP_HOST),
    allowQueryToken: settings.AUTH_QUERY_TOKEN,
    allowTrustedHeader: settings.AUTH_TRUSTED_HEADER,
    verifyToken: parts.verifier.verify,
    admission: parts.admission,
    newGuestId: () => newGuestId(random),
    readResumeToken: (token) => parts.resumeTokens.read(token),
  }
}
