import { join } from 'node:path'
import type { Dialect, DialectRef, Upgrade } from '../../src/load/dialect.ts'

/** A server of the bench: how it is started and what is said to it. The load on all of them is the same. */
export interface Peer {
  /** As in `--peers`. */
  readonly name: string
  /** As in the table. */
  readonly title: string
  /** The packages of the repository whose versions belong into the results. */
  readonly packages: readonly string[]
  /** The program, started with this Node, and its environment. It prints a JSON line with `msg: "listening"` and `url`. */
  readonly server: (dataDir: string) => ServerProgram
  readonly dialect: Dialect
}

export interface ServerProgram {
  /** Absolute path of the program. */
  readonly file: string
  readonly nodeArgs?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Whether it ends by itself when its stdin does, as it must where the bench was killed. */
  readonly watchesStdin: boolean
}

/** One of the programs in `servers/`. */
export function ownServer(name: string, env: Readonly<Record<string, string>> = {}): ServerProgram {
  return { file: `${import.meta.dirname}/servers/${name}.ts`, env, watchesStdin: true }
}

/** A dialect of bare messages: what is sent is what arrives. Rooms and echo are paths of the upgrade. */
export function bareDialect(pathOf: (room: number | undefined) => string): Dialect {
  return {
    upgrade: (_url, { room }): Upgrade => ({ path: pathOf(room) }),
    subprotocol: undefined,
    isBinary: false,
    ready: undefined,
    answer: () => undefined,
    broadcast: (message) => message,
    ping: '{"ping":1}',
  }
}

export function roomPath(room: number | undefined): string {
  return room === undefined ? '/' : `/room/${room}`
}

/** For another thread or process: see `index.ts`. */
export function refOf({ name }: Peer): DialectRef {
  return { module: join(import.meta.dirname, 'index.ts'), name }
}
