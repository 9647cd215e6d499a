import type { Upgrade } from '../../src/load/dialect.ts'
import { ownServer, type Peer } from './peer.ts'

/** The bench speaks Colyseus's protocol by hand. The first byte of a frame is its kind; msgpack follows. */
const CODE = { joinRoom: '\x0a', roomData: '\x0d' } as const

/** Colyseus over `ws`, its default transport. A room broadcasts each message to its clients. */
export const colyseus: Peer = {
  name: 'colyseus',
  title: 'Colyseus',
  packages: ['@colyseus/core', '@colyseus/ws-transport', '@colyseus/schema'],
  server: () => ownServer('colyseus'),
  dialect: {
    upgrade: reserveSeat,
    subprotocol: undefined,
    isBinary: true,
    // The server holds back what it sends until the client has answered.
    ready: CODE.joinRoom,
    answer: (frame) => (frame.startsWith(CODE.joinRoom) ? CODE.joinRoom : undefined),
    broadcast: (message) => `${CODE.roomData}${msgpackText('broadcast')}${msgpackText(message)}`,
  },
}

async function reserveSeat(url: string, { room }: { readonly room: number | undefined }): Promise<Upgrade> {
  const response = await fetch(`${url}/matchmake/joinOrCreate/arena`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ number: room ?? 0 }),
  })
  const seat = (await response.json()) as { sessionId: string; roomId: string; processId: string }
  return { path: `/${seat.processId}/${seat.roomId}?sessionId=${seat.sessionId}` }
}

/** Text of up to 255 bytes as msgpack. */
function msgpackText(text: string): string {
  const { length } = text
  return (length < 32 ? String.fromCharCode(0xa0 | length) : `\xd9${String.fromCharCode(length)}`) + text
}
