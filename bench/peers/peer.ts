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
  /** Path and query of the upgrade. */
  readonly path: string
  readonly subprotocol: string | undefined
  /** What the frame contains with which the peer says that broadcasts arrive from now on; undefined: the 101 says so. */
  readonly ready: string | undefined
  /** The text that asks the peer to send `message`, which is JSON, to everybody. */
  readonly request: (message: string) => string
  /** What to say to a frame that is no event, if anything. */
  readonly answer: (frame: string) => string | undefined
}

export interface ServerProgram {
  /** Absolute path of the program. */
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  /** Whether it ends by itself when its stdin does, as it must where the bench was killed. */
  readonly watchesStdin: boolean
}

export function nothingToSay(): undefined {
  return undefined
}

/** One of the programs in `servers/`. */
export function ownServer(name: string): ServerProgram {
  return { file: `${import.meta.dirname}/servers/${name}.ts`, env: {}, watchesStdin: true }
}
