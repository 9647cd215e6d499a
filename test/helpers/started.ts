import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { parseLog } from './server-process.ts'
import type { Owner } from './server.ts'
import { until } from './until.ts'

export const COMMAND = path.resolve(import.meta.dirname, '../../bin/drumbeat.mjs')

/** `drumbeat start`, called in a folder as an author does. It ends with its owner. */
export interface Started {
  readonly url: string
  /** All that it has printed. */
  readonly output: () => string
  readonly logged: (message: RegExp) => ReturnType<typeof parseLog>
}

/** Resolves when it listens. If it does not, rejects with what it has printed. */
export function startIn(owner: Owner, cwd: string, args: readonly string[]): Promise<Started> {
  return startProgram(owner, cwd, [process.execPath, COMMAND, 'start', ...args])
}

/** The same for another program that is such a command. */
export async function startProgram(
  owner: Owner,
  cwd: string,
  program: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const { PATH = '', HOME = '' } = process.env
  // tap's hooks for child processes load modules in a thread of their own, whose warnings nobody reads. So they are removed.
  const server = spawn('env', ['-u', 'NODE_OPTIONS', ...program, '--port', '0', '--workers', '1'], {
    cwd,
    env: { PATH, HOME, LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const ended = once(server, 'close')
  owner.teardown(async () => {
    server.kill('SIGTERM')
    await ended
  })
  const logged = (message: RegExp) => parseLog(output).filter(({ msg }) => message.test(String(msg)))
  await until(
    () => logged(/^listening$/).length > 0,
    () => `it to listen:\n${output}`,
  )
  return { url: String(logged(/^listening$/)[0]?.['url']), output: () => output, logged }
}
