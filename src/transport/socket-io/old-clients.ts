import { isObject } from '../../protocol/envelope.ts'

/** The versions of Engine.IO before 4: those of socket.io-client 1 and 2. */
const OLD_VERSIONS: ReadonlySet<string> = new Set(['2', '3'])
/** Packets of Engine.IO: OPEN, CLOSE, and MESSAGE with Socket.IO's ERROR and DISCONNECT in the namespace `/`. */
const OPEN = `0${JSON.stringify({ sid: 'refused', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 })}`
const ERROR = '44'
const DISCONNECT = '41'
const CLOSE = '1'

export function isOldVersion(version: string | undefined): boolean {
  return version !== undefined && OLD_VERSIONS.has(version)
}

/**
 * Packets that an old client shows as an `error` event. It does not show a refusal in HTTP, and would try again forever. So its
 * connection is opened, told the reason, and disconnected; after that the client stays away.
 */
export function oldClientPackets(message: string): readonly string[] {
  return [OPEN, `${ERROR}${JSON.stringify(message)}`, DISCONNECT, CLOSE]
}

/** The packets as the body of a poll before version 4: each after its length in characters. */
export function oldClientPayload(packets: readonly string[]): string {
  return packets.map((packet) => `${packet.length}:${packet}`).join('')
}

/** Socket.IO's CONNECT_ERROR in the namespace `/`, in the form of the msgpack parser. */
const CONNECT_ERROR = 4

export function msgpackConnectError(message: string, data: unknown): object {
  return { type: CONNECT_ERROR, nsp: '/', data: { message, ...(isObject(data) ? { data } : {}) } }
}
