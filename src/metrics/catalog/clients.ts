import { SECONDS, type MetricAbout } from '../about.ts'

/** What is limited, by which of the limits. */
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
      '`transport` is `websocket`, `socketio_websocket` or `socketio_polling`. A cliff is a lost proxy or node; a slow climb to ' +
      '`MAX_CONNECTIONS_PER_NAMESPACE` ends in 503. Many on polling: a proxy does not pass upgrades.',
  },
  handshakes: {
    name: 'handshakes_total',
    type: 'counter',
    help: 'Attempts to connect, by result: accepted, or the error code.',
    labels: ['result'],
    when:
      '`accepted` far above the change of `connections`: clients connect again and again, see `socket_closes_total`. ' +
      '`TOKEN_*`: keys or clocks do not agree. `ORIGIN_FORBIDDEN`: `ALLOWED_ORIGINS` lacks a page. `FORBIDDEN`: `ALLOWED_HOSTS` lacks a name. `OVERLOADED`: full, or short of memory.',
    startsWith: ['accepted'],
  },
  closes: {
    name: 'socket_closes_total',
    type: 'counter',
    help: 'Connections that ended, by close code.',
    labels: ['code'],
    when: '1006 in numbers: the network or a proxy cuts. 4001 slow readers, 4003 silence, 4004 floods, 4005 history too short.',
  },
  receivedBytes: {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes of frames that came, without their framing.',
    when: 'Per connection far above the usual: see `rate_limited_total`, and `RATE_BYTES`.',
  },
  sentBytes: {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes of frames handed to sockets, without their framing: events once per socket, replies, replays.',
    when: 'What the network card and the bill see. It grows with members times events: large rooms first.',
  },
  eventsIn: {
    name: 'events_in_total',
    type: 'counter',
    help: 'Requests from clients, by event type.',
    labels: ['event_type'],
    when: 'The load. To zero with connections there: clients are connected to something else than they think.',
  },
  refusals: {
    name: 'refusals_total',
    type: 'counter',
    help: 'Requests refused, by error code.',
    labels: ['code'],
    when: '`INTERNAL` is a defect: its log line has the `trace_id`. `UNAVAILABLE` and `OUTCOME_UNKNOWN`: the store.',
    startsWith: ['INTERNAL', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED'],
  },
  requestSeconds: {
    name: 'request_seconds',
    type: 'histogram',
    help: 'From a frame to its reply, by event type; of broadcasts and pings 1 of 16 is measured.',
    labels: ['event_type'],
    buckets: SECONDS,
    when: 'What players feel. Up for all types: loop delay or CPU. Only where the log is written: `commit_seconds`.',
  },
  requestsUnderWay: {
    name: 'requests_under_way',
    type: 'gauge',
    help: 'Calls of the workers that the primary has not answered yet.',
    labels: ['process'],
    when: 'It grows while the primary or the store is slow; see `commit_seconds` and the loop delay of `primary`.',
  },
  eventsOut: {
    name: 'events_out_total',
    type: 'counter',
    help: 'Events of the log that had somebody to go to, once per worker.',
    when: 'Behind `events_in_total`: nobody is in those rooms.',
  },
  deliveries: {
    name: 'deliveries_total',
    type: 'counter',
    help: 'Events handed to sockets, once per socket.',
    when: 'Fan-out, which is what CPU goes to. Per event it is the members of a room.',
  },
  slowConsumers: {
    name: 'slow_consumers_total',
    type: 'counter',
    help: 'Connections closed because they did not read.',
    when: 'A few are phones. Many at once: the way out is full, or a room is too loud for its members.',
  },
  slowReaders: {
    name: 'slow_readers',
    type: 'gauge',
    help: 'Connections that read too slowly now and get their events from an outbox.',
    when: 'Those of `slow_consumers_total` a moment before.',
  },
  skipped: {
    name: 'events_skipped_total',
    type: 'counter',
    help: 'Events of the class latest that newer ones took the place of, by socket.',
    when: 'That is what the class is for. Much of it: clients get less than is sent.',
  },
  drops: {
    name: 'drops_total',
    type: 'counter',
    help: "Frames that uWS dropped because a socket's buffer was over its limit.",
    when: 'The connection is closed with it, and resumes. Together with `slow_consumers_total`.',
  },
} as const satisfies Record<string, MetricAbout>

export const SECURITY = {
  rateLimited: {
    name: 'rate_limited_total',
    type: 'counter',
    help: 'What was refused as too much, by kind.',
    labels: ['kind'],
    when:
      '`connect`, `connections` and `http` are per address, `frames` and `pings` per connection, `turns` joins that wait, ' +
      '`calls` requests under way, `purchases` per user. `user` is all that a user asks for over all connections, `joins` the rooms that it joins, `log`, `broadcasts` and `messages` what a user says at all, to a whole ' +
      'namespace, and to one user: the security log has who. `namespace` and `target` are what all together say to a namespace, or to one user. The log has the addresses.',
    startsWith: LIMIT_KINDS,
  },
  securityEvents: {
    name: 'security_events_total',
    type: 'counter',
    help: 'Events of the security log, whether or not they were written there.',
    labels: ['event'],
    when: 'The log has who and from where: lines with `security`. `admin_token_invalid` should be 0: somebody is guessing.',
    startsWith: ['admin_token_invalid'],
  },
  tokenVerifications: {
    name: 'token_verifications_total',
    type: 'counter',
    help: 'Player tokens looked at, by result: cached, verified, or the error code.',
    labels: ['result'],
    when: '`verified` costs a signature each. `UNAVAILABLE`: no key set could be read yet.',
    startsWith: ['cached', 'verified'],
  },
  tokenKeysReady: {
    name: 'token_keys_ready',
    type: 'gauge',
    help: '1: player tokens can be verified.',
    when: '0: the key set of `AUTH_JWKS_URL` could not be read since the start; nobody can log in.',
  },
  httpRequests: {
    name: 'http_requests_total',
    type: 'counter',
    help: 'HTTP requests answered, by status; not those for the real-time paths, nor those over the rate of their address.',
    labels: ['status'],
    when: '5xx: the store or a defect. 401: see `security_events_total`.',
    startsWith: ['200'],
  },
  httpBodyBytes: {
    name: 'http_body_bytes',
    type: 'gauge',
    help: 'Bytes that the request bodies take which are not read or answered yet, by process and interface.',
    labels: ['process', 'interface'],
    when: '`interface` is `rest` or `socketio`. At 32 MiB requests are refused with `OVERLOADED`: too much at once, or bodies that never end.',
  },
} as const satisfies Record<string, MetricAbout>
