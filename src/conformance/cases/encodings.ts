import { CLOSE } from '../../protocol/close-codes.ts'
import { encodeMsgpack } from '../../protocol/msgpack.ts'
import { EVENT } from '../../protocol/events.ts'
import { inBoth, type Case } from '../case.ts'
import { expectEqual } from '../expect.ts'
import { payloadOf } from '../peer.ts'

const ping = { id: 'p', eventType: EVENT.sessionPing, payload: {} }

export const ENCODING_CASES: readonly Case[] = [
  ...inBoth('encoding.chosen', (encoding) => ({
    section: 1,
    checks: `game.v1.${encoding} is accepted, even among unknown subprotocols`,
    run: async (lab) => {
      const peer = await lab.guest({ encoding, protocols: ['chat', `game.v1.${encoding}`] })
      expectEqual(peer.ws.protocol, `game.v1.${encoding}`, 'the subprotocol')
    },
  })),
  ...inBoth('encoding.kind', (encoding) => ({
    section: 1,
    checks: `all frames are ${encoding === 'json' ? 'text' : 'binary'}: first frame, reply, event and error`,
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      const message = lab.name('message')
      await peer.ask(EVENT.broadcast, { message })
      await peer.event((frame) => payloadOf(frame)['message'] === message, 'its own event')
      await peer.refused('BAD_REQUEST', EVENT.broadcast, {})
      expectEqual([...peer.kinds], [encoding === 'json' ? 'text' : 'binary'], 'the kinds of frames')
    },
  })),
  {
    id: 'encoding.none-offered',
    section: 1,
    checks: 'if no subprotocol is offered, frames are text, and none is echoed',
    run: async (lab) => {
      const peer = await lab.guest({ protocols: [] })
      await peer.ask(EVENT.sessionPing, {})
      expectEqual([...peer.kinds], ['text'], 'the kinds of frames')
      expectEqual(peer.ws.protocol, '', 'the subprotocol')
    },
  },
  {
    id: 'encoding.binary-on-json',
    section: 1,
    checks: 'a binary frame on a JSON connection: 1003',
    run: async (lab) => {
      const peer = await lab.guest()
      peer.sendBytes(encodeMsgpack(ping))
      await peer.expectClosed(CLOSE.wrongFrameKind)
    },
  },
  {
    id: 'encoding.text-on-msgpack',
    section: 1,
    checks: 'a text frame on a msgpack connection: 1003',
    run: async (lab) => {
      const peer = await lab.guest({ encoding: 'msgpack' })
      peer.sendBytes(JSON.stringify(ping))
      await peer.expectClosed(CLOSE.wrongFrameKind)
    },
  },
  ...inBoth('encoding.across', (encoding) => ({
    section: 1,
    checks: `an event that is sent as ${encoding} is the same object in both encodings`,
    run: async (lab) => {
      const [sender, text, binary] = await Promise.all([
        lab.guest({ encoding }),
        lab.guest(),
        lab.guest({ encoding: 'msgpack' }),
      ])
      const message = { to: lab.name('all'), list: [1, -1.5, null, true, '𝄞'], deep: { a: { b: {} } } }
      await sender.ask(EVENT.broadcast, { message })
      const [one, other] = await Promise.all(
        [text, binary].map((peer) => {
          const is = (frame: object) => JSON.stringify(frame).includes(message.to)
          return peer.event(is, 'the event')
        }),
      )
      expectEqual(other, one, 'in msgpack the event')
    },
  })),
]
