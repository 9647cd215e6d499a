import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Owner } from '../../helpers/server.ts'

/** Who plays. */
export interface ClientSpec {
  /** The name, unique. */
  readonly client: string
  /** By which the figures are counted. */
  readonly kind: string
  readonly library: string
  readonly transport: 'websocket' | 'polling' | 'both'
  readonly encoding?: 'json' | 'msgpack'
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** From there to the namespace. */
  readonly path: string
  readonly wsUrl: string
  readonly token: string
  readonly room: string
  /** For those who ask for what they missed. */
  readonly eventsUrl: string
  readonly adminToken: string
}

export interface AgentsSpec {
  /** By name: what stands before `/api`. */
  readonly ways: Readonly<Record<string, string>>
  readonly rooms: readonly string[]
  readonly players: readonly string[]
  readonly adminToken: string
}

/** How an event came: `fetched` is what a client asked for. */
export type How = 'live' | 'replayed' | 'fetched'

/** What a program writes. `error` and `refused` may be: a server that drains says so. `fault` and `failed` may not. */
export type Line =
  | { readonly client: string; readonly is: 'joined' | 'back' | 'asked' }
  | { readonly client: string; readonly is: 'error' | 'refused' | 'fault' | 'failed'; readonly text: string }
  | { readonly client: string; readonly is: 'event'; readonly n: number; readonly offset: number; readonly how: How }
  | {
      readonly client: string
      readonly is: 'said'
      readonly room: string
      readonly n: number
      readonly offset: number
    }
  | { readonly client: string; readonly is: 'credited'; readonly player: string }

export interface Program {
  readonly name: string
  /** Closes its standard input, which is how it is told to end; resolves when it has. */
  end(): Promise<void>
  /** What it wrote to standard error; a client that is well writes nothing. */
  complaints(): string
}

/** Starts a program of clients. `note` is given each line that it writes. It ends with the owner, or with this process. */
export function startProgram(
  owner: Owner,
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  note: (line: Line) => void,
): Program {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.stdin.on('error', () => {}) // it may end first
  createInterface({ input: child.stdout }).on('line', (line) => note(JSON.parse(line) as Line))
  const ended = once(child, 'close')
  const end = async () => {
    child.stdin.end()
    const [code] = (await ended) as unknown[]
    if (code !== 0) complaints += `${name} ended with ${String(code)}\n`
  }
  owner.teardown(end)
  return { name, end, complaints: () => complaints }
}
