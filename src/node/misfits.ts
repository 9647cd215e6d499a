import { FirstTime } from '../base/first-time.ts'
import type { Log } from '../base/log.ts'
import type { Misfit } from '../link/methods/operations.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'

const TEXTS: Readonly<Record<Misfit, string>> = {
  old_protocol: 'a client of an older Socket.IO was refused: use socket.io-client 3 or 4',
  msgpack_parser: 'a Socket.IO client with the msgpack parser was refused: use the default parser',
  other_parser:
    'a Socket.IO client was closed at its first packet: it does not use the default parser, or does not speak Socket.IO',
}

const ADDRESSES_MAX = 10_000

/** Logs Socket.IO clients that cannot be served. Each kind is logged once for each address. */
export function createMisfitLog(log: Log): (misfit: PrimaryMethods['misfit']['args']) => void {
  const seen = new FirstTime(ADDRESSES_MAX)
  return ({ kind, address, path }) => {
    if (seen.isFirst(`${kind} ${address}`)) log.warn({ address, path }, TEXTS[kind])
  }
}
