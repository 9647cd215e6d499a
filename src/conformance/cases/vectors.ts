import { EVENT } from '../../protocol/events.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectThat, fieldsOf, type Fields } from '../expect.ts'
import { isEvent, type Frame } from '../peer.ts'
import { frameOf, readVectors, type CloseVector, type RefusedVector, type RequestVector } from '../vectors.ts'

const slug = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')

/** Sends the bytes of a request. The server has to understand them; the answer depends on their values. */
function requestCases(vector: RequestVector): readonly Case[] {
  const { name, value, json, msgpack } = vector
  return inBoth(`vector.request.${slug(name)}`, (encoding) => ({
    section: 2,
    checks: `the server understands the bytes of a request: ${name}`,
    needs: PLAYERS,
    run: async (lab) => {
      const peer = await lab.player(undefined, { encoding })
      const { id, eventType, room, payload } = value
      if (room !== undefined) await peer.ask(EVENT.roomJoin, { room_id: room })
      peer.sendBytes(frameOf(encoding === 'json' ? { text: json } : { hex: msgpack }))
      if (eventType === EVENT.broadcast) {
        const isIts = (frame: Frame) => isEvent(EVENT.broadcast)(frame) && frame['userId'] === peer.userId
        expectEqual((await peer.event(isIts, 'the event'))['payload'], payload, 'the payload')
      } else if (typeof id === 'string') expectUnderstood(await peer.reply(id))
      else await peer.ask(EVENT.sessionPing, {})
      expectThat(!peer.frames.some((frame) => isBadRequest(frame)), 'no BAD_REQUEST', peer.frames)
    },
  }))
}

const isBadRequest = (frame: Frame) => fieldsOf(frame['error'])['code'] === 'BAD_REQUEST'

/** USER_OFFLINE also shows that the request was understood. */
function expectUnderstood({ success, error }: Fields): void {
  const { code } = fieldsOf(error)
  expectThat(success === true || code === 'USER_OFFLINE', 'success, or USER_OFFLINE', error)
}

function refusedCase(vector: RefusedVector): Case {
  const { name, encoding, code, path, replyTo } = vector
  return {
    id: `vector.refused.${encoding}.${slug(name)}`,
    section: 5,
    checks: `the server refuses these bytes: ${name}: ${code}`,
    run: async (lab) => {
      const peer = await lab.guest({ encoding })
      peer.sendBytes(frameOf(vector))
      const reply = await peer.event((frame) => frame['success'] === false, 'an error')
      const error = fieldsOf(reply['error'])
      expectEqual(error['code'], code, 'the code')
      expectEqual(reply['replyTo'], replyTo, 'replyTo')
      if (path !== undefined) expectEqual(fieldsOf(error['details'])['path'], path, 'details.path')
      await peer.ask(EVENT.sessionPing, {})
    },
  }
}

function closeCases({ name, code, provoke }: CloseVector): readonly Case[] {
  if (!provoke) return []
  const { encoding, frame, times } = provoke
  return [
    {
      id: `vector.close.${slug(name)}`,
      section: 5,
      checks: `${name}: ${code}`,
      run: async (lab) => {
        const peer = await lab.guest({ encoding })
        for (let i = 0; i < times && !peer.isClosed; i++) peer.sendBytes(frameOf(frame))
        await peer.expectClosed(code)
      },
    },
  ]
}

export const VECTOR_CASES: readonly Case[] = [
  ...readVectors('requests').flatMap(requestCases),
  ...readVectors('refused-requests').map(refusedCase),
  ...readVectors('close-codes').flatMap(closeCases),
]
