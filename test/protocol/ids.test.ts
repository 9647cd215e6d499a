import t from 'tap'
import { parseRoomId, parseUserId } from '../../src/protocol/ids.ts'

t.test('no user has a name that sets a prototype, where games keep what is a player’s by its id', async (t) => {
  for (const id of ['a', '_', '__proto', 'proto__', '__proto__x', '__PROTO__', 'constructor'])
    t.equal(parseUserId(id, 'user_id'), id)
  for (const id of ['__proto__', '', 'x'.repeat(65), 'a/b', 'a\n', 7])
    t.throws(() => parseUserId(id, 'user_id'), { code: 'BAD_REQUEST' }, String(id))
})

t.test('no room has a name that is taken out of a path', async (t) => {
  for (const id of ['a', '...', '.a', 'a..', 'counter:a-1', '__proto__']) t.equal(parseRoomId(id, 'room_id'), id)
  for (const id of ['.', '..', '', 'x'.repeat(65), 'a/b', 'a b', null])
    t.throws(() => parseRoomId(id, 'room_id'), { code: 'BAD_REQUEST' }, String(id))
})
