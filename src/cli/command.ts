import type { ParseArgsConfig, parseArgs } from 'node:util'

export type OptionTable = NonNullable<ParseArgsConfig['options']>
type Parsed<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>

/** A word behind `drumbeat`. */
export interface Command<Options extends OptionTable = OptionTable> {
  /** What stands behind `drumbeat`, a line for each form. */
  readonly usage: readonly string[]
  /** What it does, a line for each of the help. */
  readonly about: readonly string[]
  /** Options that are not here are refused. */
  readonly options: Options
  /** Whether there may be words that are no options. */
  readonly takesNames: boolean
  /** Throws UsageError, ConfigError and StartError, which are for people. */
  readonly run: (args: Parsed<Options>) => void | Promise<void>
}

/** For its types: the options that `run` gets are those that the command names. */
export function defineCommand<const Options extends OptionTable>(command: Command<Options>): Command<Options> {
  return command
}
