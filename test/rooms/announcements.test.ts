import t from 'tap'
import type { Namespace, RoomId, UserId } from '../../src/protocol/ids.ts'
import { Announcements } from '../../src/rooms/announcements.ts'

const ROOM = 'r' as RoomId
const [ALICE, BOB] = ['alice' as UserId, 'bob' as UserId]

function setUp() {
  const announcements = new Announcements()
  const note = (user: UserId, came: boolean) => announcements.note(ROOM, 'private' as Namespace, user, came)
  const taken = () => announcements.take().map(({ eventType, users }) => [eventType.split('.').at(-1), ...users])
  return { announcements, come: (user: UserId) => note(user, true), go: (user: UserId) => note(user, false), taken }
}

t.test('whoever asks is told of their own coming only, so their going cancels it, however often they ask', (t) => {
  const { announcements, come, go, taken } = setUp()
  come(ALICE)
  announcements.told(ROOM, ALICE)
  announcements.told(ROOM, ALICE)
  go(ALICE)
  t.strictSame(taken(), [])
  t.end()
})

t.test('a coming that one user was told of is announced as a going, also when another one asks after it', (t) => {
  const { announcements, come, go, taken } = setUp()
  come(ALICE)
  announcements.told(ROOM, BOB)
  announcements.told(ROOM, ALICE)
  go(ALICE)
  t.strictSame(taken(), [['left', 'alice']])
  t.end()
})

t.test('what came after the reply was told to nobody', (t) => {
  const { announcements, come, go, taken } = setUp()
  come(ALICE)
  announcements.told(ROOM)
  come(BOB)
  go(BOB)
  t.strictSame(taken(), [['joined', 'alice']])
  t.end()
})

t.test('what was not announced is announced again, with what the user has done meanwhile', (t) => {
  const { announcements, come, go } = setUp()
  come(ALICE)
  come(BOB)
  const [refused] = announcements.take()
  if (!refused) throw new Error('nothing was to be announced')
  go(ALICE)
  announcements.noteAgain(refused)
  t.match(announcements.take(), [
    { eventType: 'core.game.presence.left', users: ['alice'] },
    { eventType: 'core.game.presence.joined', users: ['bob'] },
  ])
  t.end()
})
