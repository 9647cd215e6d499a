import { toError } from '../base/assert.ts'
import { loadSettings, parseNumber, parseUrl, print, tokenFor, urlOf, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { runBroadcast, type Load, type LoadResult } from '../load/broadcast.ts'
import { drumbeatRef, type DrumbeatName } from '../load/drumbeat.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

export const command = defineCommand({
  usage: [
    'load [--url URL] [--connections 100] [--rate 100] [--rooms 0] [--seconds 10] [--bytes 112] [--encoding json|msgpack] [--token TOKEN] [--json]',
  ],
  about: ['opens connections, broadcasts to them, and prints the rate, the latency and how many messages were lost'],
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    connections: { type: 'string', default: '100' },
    rate: { type: 'string', default: '100' },
    rooms: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '10' },
    bytes: { type: 'string', default: '112' },
    encoding: { type: 'string', default: 'json' },
    json: { type: 'boolean' },
  },
  takesNames: false,
  run: async ({ values }) => {
    const { settings } = loadSettings()
    const { url = urlOf(settings), encoding } = values
    if (parseUrl(url).protocol !== 'http:') {
      throw new UsageError('--url must be http://host:port: load does not speak TLS, so point it at the server itself')
    }
    if (encoding !== 'json' && encoding !== 'msgpack') throw new UsageError('--encoding must be json or msgpack')
    const seconds = parseNumber('--seconds', values.seconds, 1)
    const plan = {
      connections: parseNumber('--connections', values.connections, 2),
      rooms: parseNumber('--rooms', values.rooms, 0),
      rate: parseNumber('--rate', values.rate, 1),
      seconds,
      warmupSeconds: Math.min(2, seconds / 4),
      messageBytes: parseNumber('--bytes', values.bytes, 40),
      readEveryMs: 20,
    }
    if (plan.rooms > 0 && plan.connections % plan.rooms !== 0) {
      throw new UsageError('--connections must be a multiple of --rooms')
    }
    // Guests cannot create rooms by joining them, so rooms need players.
    const tokens =
      values.token === undefined
        ? plan.rooms > 0
          ? Array.from({ length: plan.connections }, (_, i) => tokenFor(`load-${i}`, settings))
          : []
        : [values.token]
    const status = (line: string): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${line}`)
    }
    const dialect = { apiPathPrefix: settings.API_PATH_PREFIX, encoding, tokens } as const
    const result = await runLoad({ url, dialect, load: plan, status }).catch((error: unknown) => {
      throw new StartError(EXIT.unavailable, `${url}: ${toError(error).message}`, error)
    })
    status('')
    print(
      values.json === true
        ? `${JSON.stringify({ ...plan, ...result })}\n`
        : `${describeLoad(plan, result).join('\n')}\n`,
    )
    if (result.received < result.expected || result.disorder > 0) process.exitCode = EXIT.problems
  },
})

interface LoadOptions {
  readonly url: string
  readonly dialect: DrumbeatName
  readonly load: Load
  /** Shows what is going on: one line, which replaces the one before. */
  readonly status: (line: string) => void
}

/** Runs the load against a server and resolves to the result. Rejects if not every connection becomes ready. */
function runLoad({ url, dialect, load, status }: LoadOptions): Promise<LoadResult> {
  let second = 0
  return runBroadcast({ url, dialect: drumbeatRef(dialect) }, load, {
    onPhase: (phase) => status(phase),
    onProgress: ({ received, latencyMs: { p50, p99 } }) => {
      status(
        `${++second} of ${load.seconds} s · ${received} received · p50 ${p50.toFixed(1)} ms · p99 ${p99.toFixed(1)} ms`,
      )
    },
  })
}

function describeLoad(load: Load, result: LoadResult): readonly string[] {
  const { latencyMs, sendLagMs } = result
  const rows: readonly (readonly [string, string])[] = [
    ['connections', `${load.connections}${load.rooms === 0 ? '' : ` in ${load.rooms} rooms`}`],
    ['messages sent', `${result.sent}, ${load.rate}/s of ${load.messageBytes} bytes`],
    ['deliveries', `${result.received} of ${result.expected}, ${Math.round(result.deliveriesPerSecond)}/s`],
    ['lost', String(result.expected - result.received)],
    ['out of order or twice', String(result.disorder)],
    [
      'latency, ms',
      `p50 ${latencyMs.p50.toFixed(1)} · p99 ${latencyMs.p99.toFixed(1)} · max ${latencyMs.max.toFixed(1)}`,
    ],
    ['frame, bytes', result.frameBytes.toFixed(0)],
    ['sent late, ms', `p99 ${sendLagMs.p99.toFixed(1)}`],
  ]
  const table = rows.map(([name, value]) => `${name.padEnd(22)} ${value}`)
  return [...table, ...warnings(load, result)]
}

/** If the generator sends this late, it is the bottleneck itself. */
const SEND_LAG_MS_MAX = 20

function warnings(load: Load, { backlogSeconds, sendLagMs, closed, complaints }: LoadResult): readonly string[] {
  const found: string[] = []
  for (const why of new Set(closed)) {
    found.push(`the server closed ${closed.filter((one) => one === why).length} connections: ${why}`)
  }
  if (complaints.length > 0) found.push(`the server refused: ${complaints.join(', ')}`)
  if (complaints.includes('RATE_LIMITED'))
    found.push(
      '  RATE_MESSAGES and RATE_BYTES limit one connection; the limits of a user and of a namespace follow them by default',
    )
  if (backlogSeconds > 0.25)
    found.push(
      `the server fell behind: at the end, ${backlogSeconds.toFixed(1)} s of the load had not been delivered yet`,
    )
  if (sendLagMs.p99 > SEND_LAG_MS_MAX) found.push('this generator itself was late: run it on a separate machine')
  if (load.rooms > 0 && load.rate / load.rooms < 1) found.push('some rooms had less than a message a second')
  return found
}
