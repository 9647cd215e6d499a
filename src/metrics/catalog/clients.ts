import { SECONDS, type MetricAbout } from '../about.ts'

/** The limits that requests and connections can exceed. */
export const LIMIT_KINDS = [
  ...(['connect', 'connections', 'http', 'frames', 'pings', 'turns', 'calls', 'purchases'] as const),
  ...(['user', 'joins', 'log', 'broadcasts', 'messages', 'namespace', 'target'] as const),
]
export type LimitKind = (typeof LIMIT_KINDS)[number]

export const CLIENTS = {
  connections: {
    name: 'connections',
    type: 'gauge',
    help: 'Open connections.',
    labels: ['namespace', 'transport'],
    when:
      '`transport` is `websocket`, `socketio_websocket` or `socketio_polling`. A sudden drop is a lost proxy or node. A ' +
      'slow climb to `MAX_CONNECTIONS_PER_NAMESPACE` ends in 503. If many clients are on polling, a proxy does not pass ' +
      'upgrades.',
  },
  handshakes: {
    name: 'handshakes_total',
    type: 'counter',
    help: 'Attempts to connect, by result: accepted, or the error code.',
    labels: ['result'],
    when:
      'If `accepted` grows far more than `connections`, clients connect again and again: see `socket_closes_total`. ' +
      '`TOKEN_*`: keys or clocks disagree. `ORIGIN_FORBIDDEN`: `ALLOWED_ORIGINS` lacks a page. `FORBIDDEN`: ' +
      '`ALLOWED_HOSTS` lacks a name. `OVERLOADED`: the node is full, or short of memory.',
    startsWith: ['accepted'],
  },
  closes: {
    name: 'socket_closes_total',
    type: 'counter',
    help: 'Connections that ended, by close code.',
    labels: ['code'],
    when:
      'Many 1006: the network or a proxy cuts connections. 4001: slow readers. 4003: silence. 4004: floods. 4005: the ' +
      'history is too short.',
  },
  receivedBytes: {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes of received frames, without their framing.',
    when: 'If it is far above the usual for each connection, see `rate_limited_total` and `RATE_BYTES`.',
  },
  sentBytes: {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes of frames handed to sockets, without their framing: replies, replays, and each event once per socket.',
    when: 'The traffic that the network carries. It grows with members times events, so look at large rooms first.',
  },
  eventsIn: {
    name: 'events_in_total',
    type: 'counter',
    help: 'Requests from clients, by event type.',
    labels: ['event_type'],
    when: 'The load. If it falls to 0 while there are connections, clients are connected to something other than they think.',
  },
  refusals: {
    name: 'refusals_total',
    type: 'counter',
    help: 'Requests refused, by error code.',
    labels: ['code'],
    when: '`INTERNAL` is a defect: its log line has the `trace_id`. `UNAVAILABLE` and `OUTCOME_UNKNOWN` come from the store.',
    startsWith: ['INTERNAL', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED'],
  },
  requestSeconds: {
    name: 'request_seconds',
    type: 'histogram',
    help: 'Time from a frame to its reply, by event type. Of broadcasts and pings, 1 of 16 is measured.',
    labels: ['event_type'],
    buckets: SECONDS,
    when:
      'What players feel. If it rises for all types, look at loop delay and CPU. If only for requests that write to the ' +
      'log, see `commit_seconds`.',
  },
  requestsUnderWay: {
    name: 'requests_under_way',
    type: 'gauge',
    help: 'Calls of the workers that the primary has not answered yet.',
    labels: ['process'],
    when: 'It grows while the primary or the store is slow: see `commit_seconds` and the loop delay of `primary`.',
  },
  eventsOut: {
    name: 'events_out_total',
    type: 'counter',
    help: 'Events of the log that had listeners, once per worker.',
    when: 'If it falls behind `events_in_total`, those rooms are empty.',
  },
  deliveries: {
    name: 'deliveries_total',
    type: 'counter',
    help: 'Events handed to sockets, once per socket.',
    when: 'Fan-out, which takes most of the CPU. For each event it is the number of members of a room.',
  },
  slowConsumers: {
    name: 'slow_consumers_total',
    type: 'counter',
    help: 'Connections closed because they did not read, by cause.',
    labels: ['cause'],
    when:
      'A few are phones. If there are many at once, the outgoing network is full, or a room sends more than its members ' +
      'can read. `bytes`: more than `BACKPRESSURE_BYTES` waited. `stalled`: nothing was taken for `SOCKET_WRITE_TIMEOUT`. ' +
      '`memory`: the memory was short, and most waited for these.',
    startsWith: ['bytes', 'stalled', 'memory'],
  },
  slowReaders: {
    name: 'slow_readers',
    type: 'gauge',
    help: 'Connections that read too slowly now and get their events from an outbox.',
    when: 'A connection that is closed as a slow consumer (`slow_consumers_total`) is counted here before.',
  },
  skipped: {
    name: 'events_skipped_total',
    type: 'counter',
    help: 'Events of the class latest that newer ones replaced, once per socket.',
    when: 'That is what the class is for. If there are many, clients get less than is sent.',
  },
  drops: {
    name: 'drops_total',
    type: 'counter',
    help: "Frames that uWS dropped because a socket's buffer was over its limit.",
    when: 'The connection is closed as well, and resumes. See `slow_consumers_total`.',
  },
} as const satisfies Record<string, MetricAbout>

export const SECURITY = {
  rateLimited: {
    name: 'rate_limited_total',
    type: 'counter',
    help: 'Refusals because of a rate or a limit, by kind.',
    labels: ['kind'],
    when:
      '`connect`, `connections` and `http` are per address, `frames` and `pings` per connection, `purchases` per user. ' +
      '`turns` are joins that wait, and `calls` are requests under way. `user` is everything that a user asks for over ' +
      'all connections, and `joins` are the rooms that a user joins. `log`, `broadcasts` and `messages` are what a user ' +
      'sends in all, to a whole namespace, and to one user: the security log names the user. `namespace` and `target` ' +
      'are what all users together send to a namespace, or to one user. The log has the addresses.',
    startsWith: LIMIT_KINDS,
  },
  securityEvents: {
    name: 'security_events_total',
    type: 'counter',
    help: 'Events of the security log, whether or not a line was written for each.',
    labels: ['event'],
    when:
      'Log lines with `security` name the user and the address. `admin_token_invalid` should be 0. If it is not, ' +
      'someone is guessing the token.',
    startsWith: ['admin_token_invalid'],
  },
  tokenVerifications: {
    name: 'token_verifications_total',
    type: 'counter',
    help: 'Player tokens checked, by result: cached, verified, or the error code.',
    labels: ['result'],
    when: 'Each `verified` costs the check of a signature. `UNAVAILABLE`: no key set could be read yet.',
    startsWith: ['cached', 'verified'],
  },
  tokenKeysReady: {
    name: 'token_keys_ready',
    type: 'gauge',
    help: '1 if player tokens can be verified.',
    when: '0: the key set of `AUTH_JWKS_URL` could not be read since the start, and no player can log in.',
  },
  httpRequests: {
    name: 'http_requests_total',
    type: 'counter',
    help: 'HTTP requests answered, by status, without those for the real-time paths and those over the rate of their address.',
    labels: ['status'],
    when: '5xx: the store, or a defect. 401: see `security_events_total`.',
    startsWith: ['200'],
  },
  httpBodyBytes: {
    name: 'http_body_bytes',
    type: 'gauge',
    help: 'Bytes of request bodies that are not completely read or not answered yet, by process and interface.',
    labels: ['process', 'interface'],
    when:
      '`interface` is `rest` or `socketio`. At 32 MiB requests are refused with `OVERLOADED`: there are too many at ' +
      'once, or their bodies never end.',
  },
} as const satisfies Record<string, MetricAbout>
