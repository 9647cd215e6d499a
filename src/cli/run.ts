import { parseArgs } from 'node:util'
import { toError } from '../base/assert.ts'
import { ConfigError } from '../config/load.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { readVersion } from '../setup/version.ts'
import { print, UsageError } from './args.ts'
import type { Command } from './command.ts'
import { allCommands, describe, findCommand } from './commands.ts'
import { endWithOutput } from './standard-output.ts'

const HELP = new Set(['help', '--help', '-h'])
const VERSION = new Set(['version', '--version', '-v'])

/** Runs the command of the command line. Sets the exit code if something is wrong. */
export async function run(argv: readonly string[]): Promise<void> {
  const [name = 'help', ...args] = argv
  if (name !== 'start') endWithOutput()
  try {
    if (HELP.has(name)) await printHelp(args[0])
    else if (VERSION.has(name)) print(`${readVersion()}\n`)
    else if (args.some((arg) => arg === '--help' || arg === '-h')) await printHelp(name)
    else await runCommand(await findCommand(name), args)
  } catch (thrown) {
    process.exitCode = explain(thrown)
  }
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
      throw new UsageError(`"${name}" is not expected here: drumbeat ${usage.join(', or drumbeat ')}`)
    return parsed
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(toError(error).message)
  }
}

async function printHelp(name: string | undefined): Promise<void> {
  if (name !== undefined) {
    print(describe(await findCommand(name)))
    return
  }
  print('drumbeat: a real-time game state server\n\n')
  for (const command of await allCommands()) print(`${describe(command)}\n`)
  print('  drumbeat help [COMMAND], drumbeat --version\n\n')
  print('Settings come from the environment and from the file that CONFIG_FILE names.\n')
}

function explain(thrown: unknown): number {
  const error = toError(thrown)
  for (const line of error.message.split('\n')) process.stderr.write(`drumbeat: ${line}\n`)
  if (error instanceof UsageError) return EXIT.usage
  if (error instanceof StartError) return error.exitCode
  if (error instanceof TypeError) return EXIT.usage
  return error instanceof ConfigError ? EXIT.configuration : EXIT.internal
}
