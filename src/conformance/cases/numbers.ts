import { EVENT } from '../../protocol/events.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectFields, expectInteger, expectNone, expectThat } from '../expect.ts'
import type { Lab } from '../lab.ts'
import { fractionsInJson, fractionsInMsgpack } from '../numbers.ts'
import { isEvent, type Peer } from '../peer.ts'

/** A session that brings each kind of frame. Its only numbers are those of the protocol. */
async function play(lab: Lab, peer: Peer): Promise<void> {
  const room = await lab.room(peer)
  await peer.ask(EVENT.broadcast, { message: 'text', retain: true }, { room })
  await peer.event(isEvent(EVENT.broadcast), 'the event')
  await peer.ask(EVENT.sendMessage, { target_user_id: peer.userId, text: 'text' })
  await peer.event(isEvent(EVENT.sendMessage), 'the message')
  await peer.ask(EVENT.stateGet, { room_id: room })
  await peer.ask(EVENT.presenceList, { room_id: room })
  await peer.ask(EVENT.sessionPing, {})
  await peer.refused('BAD_REQUEST', EVENT.broadcast, {})
  await peer.ask(EVENT.roomLeave, { room_id: room })
}

const OPEN_PACKET = '0'

export const NUMBER_CASES: readonly Case[] = [
  ...inBoth('number.integers', (encoding) => ({
    section: 2,
    checks: 'every number of the protocol is written as an integer: not as 1.0, 1e3 or a float of msgpack',
    needs: PLAYERS,
    run: async (lab) => {
      const peer = await lab.player(undefined, { encoding })
      await play(lab, peer)
      const fractions = peer.contents.flatMap((content) =>
        encoding === 'json' ? fractionsInJson(content.toString()) : fractionsInMsgpack(content),
      )
      expectNone(fractions, 'numbers that are written as integers')
    },
  })),
  {
    id: 'number.socket-io-handshake',
    section: 9,
    checks: 'the handshake of Engine.IO has integers, too: pingInterval, pingTimeout, maxPayload',
    run: async (lab) => {
      const { status, body } = await lab.http({ path: `${lab.target.prefix}/public/?EIO=4&transport=polling` })
      expectEqual(status, 200, 'the status')
      expectThat(body.startsWith(`${OPEN_PACKET}{`), 'an open packet', body)
      const open = expectFields(JSON.parse(body.slice(OPEN_PACKET.length)), 'the handshake')
      expectNone(fractionsInJson(body.slice(OPEN_PACKET.length)), 'numbers that are written as integers')
      for (const name of ['pingInterval', 'pingTimeout', 'maxPayload']) expectInteger(open[name], name, 1)
    },
  },
]
