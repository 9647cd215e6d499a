import t from 'tap'
import { decodeMsgpack } from '../../src/protocol/msgpack.ts'
import { encodeReply } from '../../src/protocol/codec.ts'
import { encodeStateReply, withState, WithState } from '../../src/session/state-reply.ts'

const STATES = [null, 7, 'Zoë \u2028', [], {}, { a: [1, { b: 2 ** 40 }], '': null }, { deep: [[[[]]]] }, '\ud800']
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`a reply with a stored state says the same as one that was made of the value, in ${encoding}`, async (t) => {
    const read = (frame: string | Uint8Array): unknown =>
      typeof frame === 'string' ? JSON.parse(frame) : decodeMsgpack(frame)
    for (const trace of [undefined, TRACEPARENT]) {
      // Each twice: the second time it is known.
      for (const state of STATES.flatMap((each) => [each, each])) {
        const rest = { room_id: 'arena', members: 2, offset: 2 ** 41 }
        const stored = new WithState(rest, Buffer.from(JSON.stringify(state)))
        const expected = read(encodeReply('r1', { ...rest, state }, trace, encoding))
        t.strictSame(read(encodeStateReply('r1', stored, trace, encoding)), expected)
      }
    }
  })
}

t.test('where nothing is retained the state is null', async (t) => {
  t.strictSame(withState({ offset: 1 }, null), { offset: 1, state: null })
})
