import t from 'tap'
import { recordKey, recordPrefix } from '../../src/idempotency/key.ts'

t.test('records stand where the versions before have put them', async (t) => {
  t.equal(recordKey('purchase', 'alice', 'key-1'), 'once/buy/alice/key-1')
  t.equal(recordKey('credit', 'alice', 'key-1'), 'once/credit/alice/key-1')
  t.equal(recordKey('refund', 'alice', 'key-1'), 'once/refund/alice/key-1')
  t.equal(recordKey('restock', 'sword', 'key-1'), 'once/restock/sword/key-1')
  t.equal(recordKey('broadcast', 'private', 'key-1'), 'once/broadcast/private/key-1')
  t.equal(recordKey('message', 'alice', 'key-1'), 'once/message/alice/key-1')
  t.equal(recordKey('room', 'arena', 'key-1'), 'once/room/arena/key-1')
  t.equal(recordPrefix('room'), 'once/room/')
})
