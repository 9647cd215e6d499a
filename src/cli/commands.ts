import { UsageError } from './args.ts'
import type { Command } from './command.ts'

/** Each is loaded when it is called, as some take a while. The order is that of the help. */
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
  rooms: load(() => import('./rooms.ts')),
  ledger: load(() => import('./ledger.ts')),
}

/** A command reads its own options only, so that the table need not know which they are. */
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

/** In the order of the help. */
export function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.keys(COMMANDS).map(findCommand))
}

/** Its forms and what it does, as the help prints them. */
export function describe({ usage, about }: Command): string {
  return [...usage.map((line) => `  drumbeat ${line}`), ...about.map((line) => `      ${line}`), ''].join('\n')
}
