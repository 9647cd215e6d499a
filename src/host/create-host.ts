import type { Duplex } from 'node:stream'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { Link } from '../link/link.ts'
import type { GameSource, HostMethods, HostWelcome, LoadedFile, OfHostMethods } from '../link/methods/host.ts'
import type { HostParts, PrimaryLink } from './host-parts.ts'
import { createLinkHandlers } from './link-handlers.ts'
import { Rooms } from './rooms.ts'

export interface HostOptions {
  /** The link to the primary. */
  readonly stream: Duplex
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  /** Loads the games. If this throws, the primary is told the message, whose lines are one mistake each. */
  readonly begin: (welcome: HostWelcome) => HostParts | Promise<HostParts>
  /** The files that the games are made of, see `loadedFiles`. */
  readonly files: () => readonly LoadedFile[]
  /** Where the games are from that `begin` has loaded. */
  readonly sources: () => readonly GameSource[]
  /** Called when the primary is gone or stuck. */
  readonly onClose: (why: string) => void
}

export interface Host {
  /** Ends the rooms without telling the primary, as if the host had died. */
  close(): void
}

const LINK_QUEUE_BYTES_MAX = 256 * 1024 * 1024

/** Starts a host in this process: it runs the games of rooms for the primary at the other end of the stream. */
export function createHost({ stream, clock, scheduler, random, begin, files, sources, onClose }: HostOptions): Host {
  let rooms: Rooms | undefined
  /** Calls that came while the games were being loaded. */
  const early: (() => void)[] = []
  const running = (): Rooms => {
    if (!rooms) throw new Error('the primary called before the host was listening')
    return rooms
  }
  const start = async (welcome: HostWelcome): Promise<void> => {
    try {
      const { clockOriginMs } = welcome
      rooms = new Rooms({ ...(await begin(welcome)), link, clock, clockOriginMs, scheduler, random })
      for (const act of early.splice(0)) act()
      link.tell('listening', { games: rooms.gameInfos, sources: sources(), files: files() })
    } catch (thrown) {
      link.tell('unfit', { mistakes: toError(thrown).message.split('\n'), files: files() })
    }
  }
  const handlers = createLinkHandlers(running)
  const link: PrimaryLink = new Link<HostMethods, OfHostMethods>({
    stream,
    queueBytesMax: LINK_QUEUE_BYTES_MAX,
    closeBytesMax: LINK_QUEUE_BYTES_MAX,
    onClose: (why) => {
      rooms?.close()
      onClose(why)
    },
    handlers: {
      welcome: (welcome) => void start(welcome),
      // The primary may also ask this while the games are being loaded.
      ping: (_args, reply) => reply(null),
      ...handlers,
      // The host may be stopped while the games are being loaded.
      drain: (args, reply, ...rest) => (rooms ? handlers.drain(args, reply, ...rest) : reply(null)),
      logLevel(...args) {
        if (rooms) handlers.logLevel(...args)
        else early.push(() => handlers.logLevel(...args))
      },
    },
  })
  return { close: () => link.close('the host is closed') }
}
