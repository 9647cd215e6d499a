/** Path, query and further header lines of an upgrade. */
export interface Upgrade {
  readonly path: string
  /** Such as `Authorization: Bearer …`. */
  readonly headers?: readonly string[]
}

/** Identifies a connection: its number, and the room that it should be in. */
export interface Place {
  readonly index: number
  readonly room: number | undefined
}

/** How a generator talks to one kind of server. Frames are given as text with one character for each byte. */
export interface Dialect {
  /** Some servers need a request over HTTP first. */
  readonly upgrade: (url: string, place: Place) => Upgrade | Promise<Upgrade>
  readonly subprotocol: string | undefined
  readonly isBinary: boolean
  /** The text in a frame that says that events arrive from now on. If undefined, the answer 101 says so. */
  readonly ready: string | undefined
  /** The answer to a frame that is not an event, if it needs one. */
  readonly answer: (frame: string) => string | undefined
  /** The server's complaint, if the frame holds one. */
  readonly complaint?: (frame: string) => string | undefined
  /** Enters a room, if the upgrade has not done so. `done` is the text in the frame that confirms it. */
  readonly join?: (room: number) => { readonly request: string; readonly done: string }
  /** Makes the frame that sends `message`, which is JSON, to everybody in the room, or to everybody if there is no room. */
  readonly broadcast: (message: string, room: number | undefined) => string
  /** The smallest request that has a reply. */
  readonly ping?: string
  /** The connection's name for `direct`, taken from a frame that comes before it is ready. */
  readonly nameIn?: (frame: string) => string | undefined
  /** Makes the frame that sends `message`, which is JSON, to the connection with that name. */
  readonly direct?: (name: string, message: string) => string
}

/** Tells another thread where to find the dialect: a module that exports `dialectOf(name)`. */
export interface DialectRef {
  readonly module: string
  readonly name: string
}

export async function loadDialect({ module, name }: DialectRef): Promise<Dialect> {
  const loaded = (await import(module)) as { dialectOf(name: string): Dialect }
  return loaded.dialectOf(name)
}
