import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { parseLog } from './server-process.ts'
import type { Owner } from './server.ts'
import { until } from './until.ts'

export const COMMAND = path.resolve(import.meta.dirname, '../../bin/drumbeat.mjs')

/** `drumbeat start`, as an author calls it in a folder; it is ended with its owner. */
export interface Started {
  readonly url: string
  /** All that it has printed. */
  readonly output: () => string
  /** Lines of the log so far. */
  readonly logged: (message: RegExp) => ReturnType<typeof parseLog>
}

/** Resolves when it listens. Throws, with what it has printed, if it does not. */
export async function startIn(owner: Owner, cwd: string, args: readonly string[]): Promise<Started> {
  const { PATH = '', HOME = '' } = process.env
  // What tap adds for processes of tests loads modules in a thread of its own, whose warnings nobody listens to.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, COMMAND, 'start', ...args, '--port', '0', '--workers', '1']
  const server = spawn('env', command, {
    cwd,
    env: { PATH, HOME, LOG_FORMAT: 'json' },
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
