import { FirstTime } from '../base/first-time.ts'
import type { Log } from '../base/log.ts'
import type { Misfit } from '../link/methods/operations.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'

const TEXTS: Readonly<Record<Misfit, string>> = {
  old_protocol: 'a client of an older Socket.IO was refused: socket.io-client 3 or 4 is wanted',
  msgpack_parser: 'a Socket.IO client with the msgpack parser was refused: the default parser is wanted',
  other_parser:
    'a Socket.IO client was cut off at its first packet: it has another parser than the default, or speaks no Socket.IO',
}

const ADDRESSES_MAX = 10_000

/** Socket.IO clients that cannot be served: whoever runs the server learns of them once, however often they come. */
export function createMisfitLog(log: Log): (misfit: PrimaryMethods['misfit']['args']) => void {
  const seen = new FirstTime(ADDRESSES_MAX)
  return ({ kind, address, path }) => {
    if (seen.isFirst(`${kind} ${address}`)) log.warn({ address, path }, TEXTS[kind])
  }
}
