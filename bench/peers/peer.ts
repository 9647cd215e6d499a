import { join } from 'node:path'
import type { Dialect, DialectRef, Upgrade } from '../../src/load/dialect.ts'

/** A server of the bench: how it is started, and how the generator talks to it. All get the same load. */
export interface Peer {
  /** The name that `--peers` takes. */
  readonly name: string
  /** The title in the table. */
  readonly title: string
  /** The packages whose versions belong into the results. */
  readonly packages: readonly string[]
  /** The program, which this Node starts, and its environment. It has to print a JSON line with `msg: "listening"` and `url`. */
  readonly server: (dataDir: string) => ServerProgram
  readonly dialect: Dialect
}

export interface ServerProgram {
  readonly file: string
  readonly nodeArgs?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Whether it ends by itself when its stdin closes. This is needed if the bench was killed. */
  readonly watchesStdin: boolean
}

/** One of the programs in `servers/`. */
export function ownServer(name: string, env: Readonly<Record<string, string>> = {}): ServerProgram {
  return { file: `${import.meta.dirname}/servers/${name}.ts`, env, watchesStdin: true }
}

/** A dialect of bare messages: what is sent arrives unchanged. The upgrade's path chooses the room, or an echo. */
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
