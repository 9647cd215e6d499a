import type { Upgrade } from '../../src/load/dialect.ts'
import { ownServer, type Peer } from './peer.ts'

/** Its protocol, spoken by hand: the first byte of a frame says what it is, msgpack follows. */
const CODE = { joinRoom: '\x0a', roomData: '\x0d' } as const

/** Colyseus over `ws`, its default transport: a room broadcasts each message to its clients. */
export const colyseus: Peer = {
  name: 'colyseus',
  title: 'Colyseus',
  packages: ['@colyseus/core', '@colyseus/ws-transport', '@colyseus/schema'],
  server: () => ownServer('colyseus'),
  dialect: {
    upgrade: reserveSeat,
    subprotocol: undefined,
    isBinary: true,
    // What is sent before the client's answer waits for that.
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

/** Text of up to 255 bytes, as msgpack. */
function msgpackText(text: string): string {
  const { length } = text
  return (length < 32 ? String.fromCharCode(0xa0 | length) : `\xd9${String.fromCharCode(length)}`) + text
}
