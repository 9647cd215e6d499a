import { UsageError } from './args.ts'
import type { Command } from './command.ts'

/** The commands in the order of the help. Each is loaded when it is called, because loading some takes a while. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  start: load(() => import('./start.ts')),
  new: load(() => import('./new.ts')),
  test: load(() => import('./test.ts')),
  replay: load(() => import('./replay.ts')),
  token: load(() => import('./token.ts')),
  config: load(() => import('./config.ts')),
  doctor: load(() => import('./doctor.ts')),
  tail: load(() => import('./tail.ts')),
  load: load(() => import('./load.ts')),
  conformance: load(() => import('./conformance.ts')),
  reload: load(() => import('./reload.ts')),
  games: load(() => import('./games.ts')),
  rooms: load(() => import('./rooms.ts')),
  ledger: load(() => import('./ledger.ts')),
}

/** Forgets the type of a command's options, because only the command itself reads them. */
function load<Options extends Command['options']>(
  loadFile: () => Promise<{ readonly command: Command<Options> }>,
): () => Promise<{ readonly command: Command }> {
  return async () => ({ command: (await loadFile()).command as unknown as Command })
}

export async function findCommand(name: string): Promise<Command> {
  const loadCommand = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!loadCommand) throw new UsageError(`there is no command "${name}": see drumbeat help`)
  return (await loadCommand()).command
}

/** Returns all commands in the order of the help. */
export function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.keys(COMMANDS).map(findCommand))
}

/** Returns the help of one command: its forms, and what it does. */
export function describe({ usage, about }: Command): string {
  return [...usage.map((line) => `  drumbeat ${line}`), ...about.map((line) => `      ${line}`), ''].join('\n')
}
