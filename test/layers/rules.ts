/** The rules of src, as data. A new arrow, home or exception is a change here, and so in a review. */

const PURE = ['protocol', 'domain'] as const
/** What a worker process is made of: it moves bytes and holds nothing that must live on. */
const WORKER_SIDE = ['link', 'fanout', 'auth', 'door', 'session', 'commands', 'metrics', 'http'] as const
/** What the primary process is made of: the log, the state, and who may change them. */
const PRIMARY_SIDE = [
  'store',
  'hub',
  'link',
  'idempotency',
  'ledger',
  'connections',
  'rooms',
  'placement',
  'recordings',
  'metrics',
] as const

/** What each folder may import from, besides itself; for a file of src itself, under its name (see `layerOf`). */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: [],
  // games: how a patch is applied, and the types of `typeof arena`; what only a server does is not imported.
  client: ['protocol', 'games'],
  console: ['protocol', 'client'],
  // console: what any page of this server has, its elements and its addresses. samples: the games' types, and what is drawn of them.
  play: ['client', 'console', 'samples'],
  // It stands alone: a site needs no server.
  manual: [],
  // Pure, and in parts the client's: what a game is, and how its state is kept and sent.
  games: ['protocol'],
  // The form of a recording stands in games/, as authors and the command line read it.
  recordings: ['base', 'games'],
  // As an author's file would: by what drumbeat/game offers.
  samples: ['games'],
  // link: it is at the other end of the primary's. The rules of games are pure, and stand in games/.
  host: ['base', 'protocol', 'games', 'link', 'metrics'],
  config: ['base', 'protocol'],
  domain: ['protocol'],
  // It makes documents of the shapes of `protocol`, for a server's settings.
  documents: [...PURE],
  store: ['base', ...PURE],
  hub: ['base', ...PURE, 'store'],
  link: ['base', ...PURE],
  idempotency: ['base', 'protocol', 'store'],
  ledger: ['base', ...PURE, 'store', 'hub', 'idempotency'],
  connections: ['base', ...PURE, 'store', 'hub'],
  // idempotency: REST may make a room once, however often it asks.
  rooms: ['base', ...PURE, 'store', 'hub', 'idempotency', 'connections'],
  // recordings: which rooms are recorded, and what of them, is known here. link: it is the primary's end of what hosts are asked and tell. Processes, the ledger and workers are given to it as functions.
  placement: ['base', ...PURE, 'store', 'hub', 'link', 'connections', 'rooms', 'recordings'],
  fanout: ['base', ...PURE, 'link'],
  auth: ['base', ...PURE],
  door: ['base', ...PURE, 'auth'],
  session: ['base', ...PURE, 'link', 'fanout', 'auth', 'door'],
  // documents: a command and a route say what they take and give, beside the code that does it.
  commands: ['base', ...PURE, 'documents', 'link', 'fanout', 'auth', 'door', 'session'],
  metrics: ['base', 'protocol'],
  http: ['base', ...PURE, 'documents', 'link', 'door', 'metrics'],
  // link: a request of a Socket.IO client is passed on to the worker that has its session.
  transport: ['base', ...PURE, 'link', 'auth', 'door', 'session', 'http'],
  setup: ['base', 'config'],
  // What is traced knows `base/trace.ts` only, so nothing but the wiring imports it.
  tracing: ['base'],
  'start-traces.ts': ['base', 'config', 'metrics', 'setup', 'tracing'],
  // recordings: workers read them from the data folder, so that no link has to carry them.
  worker: ['base', ...PURE, 'documents', 'config', 'setup', ...WORKER_SIDE, 'recordings'],
  processes: ['base', 'link'],
  // auth, for the token keys: the primary fetches a key set once for all workers. door, for what counts as loopback.
  node: ['base', ...PURE, 'config', 'setup', ...PRIMARY_SIDE, 'processes', 'auth', 'door'],
  'worker.ts': ['base', ...PURE, 'config', 'setup', ...WORKER_SIDE, 'transport', 'worker', 'start-traces.ts'],
  'host.ts': ['base', 'config', 'setup', 'games', 'link', 'metrics', 'host'],
  'open-store.ts': ['base', 'config', 'setup', 'store', 'node'],
  'primary.ts': [
    'base',
    ...PURE,
    'config',
    'setup',
    ...PRIMARY_SIDE,
    'processes',
    'node',
    'open-store.ts',
    'start-traces.ts',
  ],
  load: ['base', 'protocol'],
  // ledger: a goods file is read as the server reads it.
  doctor: ['base', 'config', 'domain', 'setup', 'ledger'],
  // Like a client: it knows a server by its wire only.
  conformance: ['base', 'protocol'],
  // games, host: a recording is played by a game, which is loaded as a host loads it. ledger: an export is verified by the code that writes ledgers. transport: the doctor looks whether uWebSockets.js loads.
  cli: [
    'base',
    'protocol',
    'config',
    'setup',
    'client',
    'auth',
    'door',
    'ledger',
    'link',
    'load',
    'conformance',
    'doctor',
    'transport',
    'games',
    'host',
    'main.ts',
  ],
  'start.ts': ['base', 'config', 'setup', 'transport', 'primary.ts'],
  // Signals first; the rest is loaded behind them.
  'main.ts': ['setup', 'worker.ts', 'host.ts', 'start.ts'],
}

/** Folders without a clock, without I/O and without waiting. */
export const PURE_FOLDERS: readonly string[] = [...PURE, 'documents']

/** Files that may name an adapter; everybody else knows its port. Entries that end in / are folders. */
export const ADAPTERS = {
  places: [
    'src/store/etcd/',
    'src/store/lmdb/',
    'src/store/memory/',
    'src/transport/uws/',
    'src/transport/socket-io/',
    'src/transport/node-http/',
  ],
  mayName: [
    'src/start.ts',
    'src/open-store.ts',
    'src/primary.ts',
    'src/worker.ts',
    'src/cli.ts',
    'src/cli/doctor.ts',
    'src/transport/socket-io/',
    'src/transport/node-http/',
  ],
} as const

/** The one home of each foreign package. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/api': ['src/tracing/'],
  '@opentelemetry/exporter-trace-otlp-proto': ['src/tracing/'],
  '@opentelemetry/resources': ['src/tracing/'],
  '@opentelemetry/sdk-trace': ['src/tracing/'],
  'engine.io': ['src/transport/socket-io/'],
  envalid: ['src/config/'],
  // What makes the site of the documentation: no server needs it.
  esbuild: ['src/setup/site/'],
  etcd3: ['src/store/etcd/etcd3.ts'],
  'fast-jwt': ['src/auth/token.ts'],
  'fastest-levenshtein': ['src/config/'],
  'highlight.js': ['src/setup/site/'],
  lmdb: ['src/store/lmdb/'],
  'markdown-it': ['src/setup/site/'],
  minisearch: ['src/manual/'],
  msgpackr: ['src/protocol/msgpack.ts'],
  pino: ['src/base/log.ts'],
  'pino-pretty': ['src/base/log.ts'],
  piscina: ['src/ledger/'],
  'prom-client': ['src/metrics/'],
  'smol-toml': ['src/config/'],
  'socket.io': ['src/transport/socket-io/'],
  'socket.io-adapter': ['src/transport/socket-io/'],
  'uWebSockets.js': ['src/transport/uws/uws.ts'],
  // Its files are served to browsers.
  uplot: ['src/console/plot.ts', 'src/http/routes/pages.ts'],
  uuid: ['src/base/random.ts'],
  ws: ['src/conformance/peer.ts'],
  yaml: ['src/config/'],
}

export interface BannedText {
  readonly name: string
  readonly pattern: RegExp
  /** Where it may stand, in files or folders; absent is nowhere. */
  readonly except?: readonly string[]
  /** Where it is looked for; absent is all of src. */
  readonly within?: readonly string[]
}

const PURE_PLACES = PURE_FOLDERS.map((folder) => `src/${folder}/`)
const IN_BROWSERS = [
  ...PURE_PLACES,
  'src/client/',
  'src/games/',
  'src/console/',
  'src/play/',
  'src/manual/',
  'src/samples/',
]

/** Looked for in the code, not in its comments. */
export const BANNED: readonly BannedText[] = [
  {
    name: 'process.env',
    pattern: /\bprocess\.env\b|\benv\b[^\n]*from 'node:process'/,
    // SOURCE_DATE_EPOCH is how builds are told their date.
    except: ['src/config/', 'src/setup/install-and-run.mjs', 'src/setup/package.mjs'],
  },
  {
    name: 'a clock of its own',
    pattern: /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\)|\bhrtime\b/,
    // The client has no access to base; it compares clocks to learn that the machine slept.
    except: ['src/base/clock.ts', 'src/client/timing.ts', 'src/console/clock.ts', 'src/games/realm-guards.ts'],
  },
  {
    name: 'Math.random',
    pattern: /\bMath\.random\b/,
    // The client has no access to base; it takes its chance as an argument, and this is the default.
    except: ['src/base/random.ts', 'src/client/timing.ts'],
  },
  { name: 'any', pattern: /\bas any\b|:\s*any\b|<any\b|\bany>|\bany\[\]/ },
  { name: 'a string thrown', pattern: /\bthrow\s+['"`]/ },
  { name: 'an empty catch', pattern: /\bcatch\s*(\([^)]*\))?\s*\{\s*\}/ },
  // Only Node reads recordings, and nothing of the client imports them.
  { name: 'a node: module', pattern: /['"]node:/, within: IN_BROWSERS, except: ['src/games/recording/'] },
  { name: 'waiting', pattern: /\bawait\b|\basync\b|\bPromise\b|\bsetTimeout\b/, within: PURE_PLACES },
  // It takes a while to load and some MiB, and who does not trace has no use for it.
  { name: 'tracing loaded before it is wanted', pattern: /^import[^(]*\/tracing\//m, except: ['src/tracing/'] },
  // The same, of a process whose log is lines of JSON.
  { name: 'pino-pretty loaded before it is wanted', pattern: /^import(?! type)[^('"]*['"]pino-pretty['"]/m },
  { name: 'Buffer', pattern: /\bBuffer\b/, within: IN_BROWSERS, except: ['src/games/recording/'] },
]

/**
 * Looked for in tests, which must not depend on how fast a machine is. test/helpers/until.ts waits for what comes about, real-time.ts says when
 * time may pass all the same, and promised.ts has proofs judge time and memory.
 */
export const BANNED_IN_TESTS: readonly BannedText[] = [
  {
    name: 'a sleep',
    pattern: /\bsetTimeout\s*\(|['"]node:timers\/promises['"]/,
    // In the program of a process that it starts.
    except: ['test/etcd3/retries.long.ts'],
  },
  {
    name: 'a bound on how long something took',
    pattern: /\b(?:performance|Date)\.now\(\)\s*-[^\n<>]*<|\b(?:took|elapsed|closed|waited)\w*\b[^\n<>=;]*\s<=?\s/i,
    // Of simulated time.
    except: ['test/house/'],
  },
  {
    name: 'a bound on memory',
    pattern: /\bmemoryUsage\b|\bheapUsed\b|\brss\b|resident_memory|\bVmRSS\b/,
    // Judged where it is a proof.
    except: ['test/e2e/client/reconnects.long.ts'],
  },
]

/** Comments that switch a check off: how many all of src may hold. */
export const SUPPRESSION = /(?:eslint|oxlint)-disable|@ts-(?:ignore|expect-error|nocheck)/g
export const SUPPRESSIONS_MAX = 3

export const LINES_MAX = 400

/** What pages are made of: files that a browser takes as they are, and sources whose types are taken out. */
export const PAGE_FOLDERS: readonly string[] = ['src/console/', 'src/play/', 'src/manual/']
export const PAGE_FILE = /\.(?:html|css|ts|svg)$|\/tsconfig\.json$/
