/** Path, query and further lines of an upgrade. */
export interface Upgrade {
  readonly path: string
  /** As in `Authorization: Bearer …`. */
  readonly headers?: readonly string[]
}

/** Which connection it is: its number, and the room it is to be in. */
export interface Place {
  readonly index: number
  readonly room: number | undefined
}

/** What a generator says to a server, and understands of it. Frames are given as text of one byte a character. */
export interface Dialect {
  /** Some servers have to be asked over HTTP first. */
  readonly upgrade: (url: string, place: Place) => Upgrade | Promise<Upgrade>
  readonly subprotocol: string | undefined
  /** Whether frames to the server are binary ones. */
  readonly isBinary: boolean
  /** What the frame contains that says that events arrive from now on; undefined: the 101 says so. */
  readonly ready: string | undefined
  /** What to say to a frame that is no event, if anything. */
  readonly answer: (frame: string) => string | undefined
  /** What the server does not like, where the frame says so. */
  readonly complaint?: (frame: string) => string | undefined
  /** Enters a room, where the upgrade did not do so; and what the frame contains that says that it is done. */
  readonly join?: (room: number) => { readonly request: string; readonly done: string }
  /** Asks for `message`, which is JSON, to be sent to everybody in the room, or to everybody there is. */
  readonly broadcast: (message: string, room: number | undefined) => string
  /** The smallest request that has a reply. */
  readonly ping?: string
  /** The connection's name in `direct`, from a frame before it is ready. */
  readonly nameIn?: (frame: string) => string | undefined
  /** Asks for `message`, which is JSON, to be sent to the connection with that name. */
  readonly direct?: (name: string, message: string) => string
}

/** Where another thread finds the dialect: a module that exports `dialectOf(name)`. */
export interface DialectRef {
  readonly module: string
  readonly name: string
}

export async function loadDialect({ module, name }: DialectRef): Promise<Dialect> {
  const loaded = (await import(module)) as { dialectOf(name: string): Dialect }
  return loaded.dialectOf(name)
}
