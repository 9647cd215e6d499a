#!/usr/bin/env node
import { toError } from './base/assert.ts'
import { systemClock } from './base/clock.ts'
import { describeSettings } from './config/describe.ts'
import { DEV_SECRET_FILES, ensureSecret } from './config/dev-secrets.ts'
import { durationMs } from './config/kinds.ts'
import { adminUrlOf, loadSettings, parse, print, tokenFor, UsageError } from './cli/args.ts'
import { ConfigError } from './config/load.ts'
import { EXIT } from './setup/exit-codes.ts'
import { StartError } from './setup/start-error.ts'

const HELP = `drumbeat: a real-time game state server

  drumbeat start                 runs the server in the foreground
  drumbeat token SUB [--ttl 1h]  prints a token for the player SUB, signed with the configured secret
  drumbeat config [--json]       prints the settings in force, and where each is from
  drumbeat doctor [--json]       looks at this machine and the configuration, and says what to mend; exit code 1: something must be
  drumbeat tail [--url URL] [--token TOKEN] [--room ROOM]... [--encoding json|msgpack]
                                 connects, and prints each event as a line of JSON
  drumbeat load [--url URL] [--connections 100] [--rate 100] [--rooms 0] [--seconds 10] [--bytes 112]
                [--encoding json|msgpack] [--token TOKEN] [--json]
                                 broadcasts to that many connections, and tells rate, latency and what was lost
  drumbeat conformance URL [--prefix PATH] [--token-secret SECRET] [--admin-token TOKEN]
                [--only PATTERN] [--patience 300] [--json]
                                 checks any server against the protocol; exit code 1: something is wrong
  drumbeat reload [--url URL] [--token ADMIN_TOKEN]
                                 a running server reads its configuration again and replaces its workers, one by one
  drumbeat ledger export [--url URL] [--token ADMIN_TOKEN]
                                 prints the ledger of a running server, a line an entry
  drumbeat ledger verify FILE [--key PEM_FILE]...
                                 checks an export: chain, signatures, sums; exit code 1: something is wrong
  drumbeat help

Settings come from the environment and from the file that CONFIG_FILE names.
`

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => void | Promise<void>>> = {
  start: async () => void (await import('./main.ts')),
  token: printToken,
  config: printConfig,
  tail,
  load: async (args) => (await import('./cli/load.ts')).load(args),
  conformance: async (args) => (await import('./cli/conformance.ts')).conformance(args),
  reload,
  ledger,
  doctor: async (args) => (await import('./cli/doctor.ts')).doctor(args),
  help: () => print(HELP),
}

function printToken(args: readonly string[]): void {
  const { values, positionals } = parse(args, { ttl: { type: 'string' } })
  const [sub, ...more] = positionals
  if (sub === undefined || more.length > 0) throw new UsageError('token takes one name: drumbeat token SUB')
  const { settings } = loadSettings()
  print(`${tokenFor(sub, settings, values.ttl === undefined ? undefined : parseTtl(values.ttl))}\n`)
}

function parseTtl(text: string): number {
  const ttlMs = durationMs(text)
  if (!(ttlMs > 0)) throw new UsageError('--ttl is a duration such as 90s, 30m, 12h')
  return ttlMs
}

function printConfig(args: readonly string[]): void {
  const { values } = parse(args, { json: { type: 'boolean' } })
  const config = loadSettings()
  for (const warning of config.warnings) process.stderr.write(`drumbeat: warning: ${warning}\n`)
  const described = describeSettings(config)
  if (values.json === true) {
    print(`${JSON.stringify(described, null, 2)}\n`)
    return
  }
  const width = Math.max(...described.map(({ name }) => name.length))
  for (const { name, value, source } of described) {
    const shown = Array.isArray(value) ? value.join(',') : String(value ?? '')
    print(`${name.padEnd(width)}  ${shown}${source === 'default' ? '' : `  (${source})`}\n`)
  }
}

async function tail(args: readonly string[]): Promise<void> {
  const { values } = parse(args, {
    url: { type: 'string' },
    token: { type: 'string' },
    room: { type: 'string', multiple: true },
    encoding: { type: 'string' },
  })
  const { settings } = loadSettings()
  const { url = `http://${settings.HTTP_HOST}:${settings.HTTP_PORT}`, token, room, encoding = 'json' } = values
  if (encoding !== 'json' && encoding !== 'msgpack') throw new UsageError('--encoding is json or msgpack')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const { runTail } = await import('./cli/tail.ts')
  await runTail({
    url,
    apiPathPrefix: settings.API_PATH_PREFIX,
    namespace: token === undefined ? 'public' : 'private',
    ...(token === undefined ? {} : { token }),
    rooms: room ?? [],
    encoding,
    signal: stop.signal,
    print: (line) => print(`${line}\n`),
  })
}

async function reload(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { url: { type: 'string' }, token: { type: 'string' } })
  const { settings } = loadSettings()
  const { url = adminUrlOf(settings) } = values
  const { askReload } = await import('./cli/reload.ts')
  for (const line of await askReload(url, values.token ?? adminTokenOf(settings))) print(`${line}\n`)
}

function adminTokenOf({ ADMIN_TOKEN, DATA_DIR }: ReturnType<typeof loadSettings>['settings']): string {
  return ADMIN_TOKEN ?? ensureSecret(DATA_DIR, DEV_SECRET_FILES.admin).secret
}

async function ledger(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, {
    url: { type: 'string' },
    token: { type: 'string' },
    key: { type: 'string', multiple: true },
  })
  const [action, file, ...more] = positionals
  const { exportLedger, verifyExport } = await import('./cli/ledger.ts')
  if (action === 'export' && file === undefined) {
    const { settings } = loadSettings()
    await exportLedger({
      url: values.url ?? adminUrlOf(settings),
      adminToken: values.token ?? adminTokenOf(settings),
      now: new Date(systemClock.wallMs()),
      write: (line) => print(`${line}\n`),
      progress: (entries) => process.stderr.isTTY && process.stderr.write(`\r${entries} entries`),
    })
  } else if (action === 'verify' && file !== undefined && more.length === 0) {
    const { problems, entries, players, receipts, cutOff } = await verifyExport(file, values.key ?? [])
    for (const problem of problems) print(`${problem}\n`)
    print(`${entries} entries of ${players} players, ${receipts} receipts: ${problems.length || 'no'} problems\n`)
    if (cutOff > 0) print(`${cutOff} players have earlier entries that are not in it\n`)
    if (values.key === undefined) print('The keys are those that the export names: give --key for those you trust\n')
    if (problems.length > 0) process.exitCode = EXIT.problems
  } else throw new UsageError('drumbeat ledger export, or drumbeat ledger verify FILE')
}

function explain(thrown: unknown): number {
  const error = toError(thrown)
  for (const line of error.message.split('\n')) process.stderr.write(`drumbeat: ${line}\n`)
  if (error instanceof UsageError) return EXIT.usage
  if (error instanceof StartError) return error.exitCode
  if (error instanceof TypeError) return EXIT.usage
  return error instanceof ConfigError ? EXIT.configuration : EXIT.internal
}

const [name = 'help', ...args] = process.argv.slice(2)
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
try {
  if (!command) throw new UsageError(`no command "${name}": see drumbeat help`)
  await command(args)
} catch (thrown) {
  process.exitCode = explain(thrown)
}
