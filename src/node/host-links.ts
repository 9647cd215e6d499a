import type { Traces } from '../base/trace.ts'
import { ConfigError } from '../config/load.ts'
import { Link } from '../link/link.ts'
import type { HostMethods, HostWelcome, LoadedFile, OfHostMethods } from '../link/methods/host.ts'
import type { Placement } from '../placement/placement.ts'
import type { HostLife, HostLink } from '../processes/hosts.ts'

export interface HostLifeOptions {
  readonly placement: Placement
  readonly traces: Traces
  readonly welcomeOf: (host: number) => HostWelcome
  /** Tells a new host what it needs to know besides its welcome. */
  readonly tellFirst: (link: HostLink) => void
  /** Called with the files that a host has read, also if it cannot use them. */
  readonly onFiles: (files: readonly LoadedFile[]) => void
  readonly onGone: (host: number) => void
}

const LINK_QUEUE_BYTES_MAX = 256 * 1024 * 1024

/** Creates the callbacks for hosts that start, are replaced or have ended. */
export function createHostLife({
  placement,
  traces,
  welcomeOf,
  tellFirst,
  onFiles,
  onGone,
}: HostLifeOptions): HostLife {
  const { recovery, takeovers } = placement
  return {
    connect({ id, generation, isSuccessor, stream, onListening, onUnfit, onClose }) {
      const { listening, ...handlers } = placement.handlersOf(id)
      const link: HostLink = new Link<OfHostMethods, HostMethods>({
        stream,
        queueBytesMax: LINK_QUEUE_BYTES_MAX,
        closeBytesMax: LINK_QUEUE_BYTES_MAX,
        traces,
        handlers: {
          ...handlers,
          listening(args, reply) {
            listening(args, reply)
            onFiles(args.files)
            onListening()
          },
          unfit({ mistakes, files }) {
            onFiles(files)
            onUnfit(new ConfigError(mistakes))
          },
        },
        onGameBlock: (block) => placement.block(id, block),
        onClose(why) {
          recovery.hostLost(id)
          onClose(why)
        },
      })
      placement.addHost({ id, link, generation, isSuccessor })
      link.tell('welcome', welcomeOf(id))
      tellFirst(link)
      return link
    },
    takeOver: (old, successor, withinMs) => takeovers.run(old, successor, withinMs),
    gone(id, { culprit }) {
      recovery.hostGone(id, culprit?.handle)
      onGone(id)
    },
  }
}
