import { parseArgs } from 'node:util'
import { toError } from '../base/assert.ts'
import { ConfigError } from '../config/load.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { readVersion } from '../setup/version.ts'
import { print, UsageError } from './args.ts'
import type { Command } from './command.ts'
import { endWithOutput } from './standard-output.ts'

/** Each is loaded when it is called, as some take a while. The order is that of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  start: load(() => import('./start.ts')),
  new: load(() => import('./new.ts')),
  test: load(() => import('./test.ts')),
  token: load(() => import('./token.ts')),
  config: load(() => import('./config.ts')),
  doctor: load(() => import('./doctor.ts')),
  tail: load(() => import('./tail.ts')),
  load: load(() => import('./load.ts')),
  conformance: load(() => import('./conformance.ts')),
  reload: load(() => import('./reload.ts')),
  ledger: load(() => import('./ledger.ts')),
}

/** A command reads its own options only, so that the table need not know which they are. */
function load<Options extends Command['options']>(
  loadFile: () => Promise<{ readonly command: Command<Options> }>,
): () => Promise<{ readonly command: Command }> {
  return async () => ({ command: (await loadFile()).command as unknown as Command })
}

const HELP = new Set(['help', '--help', '-h'])
const VERSION = new Set(['version', '--version', '-v'])

/** Runs what the command line says. The exit code is set where something is wrong. */
export async function run(argv: readonly string[]): Promise<void> {
  const [name = 'help', ...args] = argv
  if (name !== 'start') endWithOutput()
  try {
    if (HELP.has(name)) await printHelp(args[0])
    else if (VERSION.has(name)) print(`${readVersion()}\n`)
    else if (args.some((arg) => arg === '--help' || arg === '-h')) await printHelp(name)
    else await runCommand(await find(name), args)
  } catch (thrown) {
    process.exitCode = explain(thrown)
  }
}

async function find(name: string): Promise<Command> {
  const loadCommand = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!loadCommand) throw new UsageError(`there is no command "${name}": see drumbeat help`)
  return (await loadCommand()).command
}

function runCommand({ options, takesNames, run, usage }: Command, args: readonly string[]): void | Promise<void> {
  return run(parse(args, { options, takesNames, usage }))
}

function parse(
  args: readonly string[],
  { options, takesNames, usage }: Pick<Command, 'options' | 'takesNames' | 'usage'>,
) {
  try {
    const parsed = parseArgs({ args: [...args], allowPositionals: true, strict: true, options })
    const [name] = parsed.positionals
    if (!takesNames && name !== undefined)
      throw new UsageError(`"${name}" is too much: drumbeat ${usage.join(', or drumbeat ')}`)
    return parsed
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(toError(error).message)
  }
}

async function printHelp(name: string | undefined): Promise<void> {
  if (name !== undefined) {
    print(describe(await find(name)))
    return
  }
  const commands = await Promise.all(Object.keys(COMMANDS).map(find))
  print('drumbeat: a real-time game state server\n\n')
  for (const command of commands) print(`${describe(command)}\n`)
  print('  drumbeat help [COMMAND], drumbeat --version\n\n')
  print('Settings come from the environment and from the file that CONFIG_FILE names.\n')
}

function describe({ usage, about }: Command): string {
  return [...usage.map((line) => `  drumbeat ${line}`), ...about.map((line) => `      ${line}`), ''].join('\n')
}

function explain(thrown: unknown): number {
  const error = toError(thrown)
  for (const line of error.message.split('\n')) process.stderr.write(`drumbeat: ${line}\n`)
  if (error instanceof UsageError) return EXIT.usage
  if (error instanceof StartError) return error.exitCode
  if (error instanceof TypeError) return EXIT.usage
  return error instanceof ConfigError ? EXIT.configuration : EXIT.internal
}
