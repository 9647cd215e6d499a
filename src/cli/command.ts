import type { ParseArgsConfig, parseArgs } from 'node:util'

export type OptionTable = NonNullable<ParseArgsConfig['options']>
type Parsed<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>

/** A command of the command line: the first word after `drumbeat`. */
export interface Command<Options extends OptionTable = OptionTable> {
  /** The words after `drumbeat`, a line for each form of the command. */
  readonly usage: readonly string[]
  /** What the command does, as lines of the help. */
  readonly about: readonly string[]
  /** All other options are refused. */
  readonly options: Options
  /** Whether there may be words that are not options. */
  readonly takesNames: boolean
  /** Throws UsageError, ConfigError and StartError, whose messages are printed. */
  readonly run: (args: Parsed<Options>) => void | Promise<void>
}

/** Gives `run` the types of the options that the command declares. */
export function defineCommand<const Options extends OptionTable>(command: Command<Options>): Command<Options> {
  return command
}
