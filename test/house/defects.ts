import { Fanout } from '../../src/fanout/fanout.ts'
import { Outbox } from '../../src/fanout/outbox.ts'
import { ChannelHeads } from '../../src/hub/channel-heads.ts'
import { GroupCommit } from '../../src/hub/group-commit.ts'
import { History } from '../../src/hub/history.ts'
import { Hub } from '../../src/hub/hub.ts'
import { Interest } from '../../src/hub/interest.ts'
import { Link } from '../../src/link/link.ts'
import { Deliveries } from '../../src/node/deliveries.ts'
import { Links } from '../../src/processes/links.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { isUserChannel } from '../../src/protocol/ids.ts'
import { Announcements } from '../../src/rooms/announcements.ts'
import { Connections } from '../../src/connections/connections.ts'
import { Members } from '../../src/rooms/members.ts'
import { Directory } from '../../src/rooms/directory.ts'
import { Lag } from '../../src/session/lag.ts'
import { Replayer } from '../../src/session/replayer.ts'
import { Sessions } from '../../src/session/sessions.ts'
import { Turns } from '../../src/session/turns.ts'

/** A mistake that somebody could have made, put into the real code while a simulation runs. */
export interface Defect {
  readonly name: string
  /** Returns what takes it out again. */
  readonly plant: () => () => void
}

// oxlint-disable-next-line typescript/no-explicit-any
type Method = (this: any, ...args: any[]) => any

/** Puts a method of its own in the place of a class's; it is given the original. */
export function replace<C extends { prototype: object }>(
  owner: C,
  method: keyof C['prototype'] & string,
  make: (original: Method) => Method,
): () => () => void {
  return () => {
    const prototype = owner.prototype as Record<string, Method>
    const original = prototype[method]
    if (typeof original !== 'function') throw new Error(`there is no method ${method}`)
    prototype[method] = make(original)
    return () => {
      prototype[method] = original
    }
  }
}

/** Every so many calls one is left out. */
export function leaveOut(every: number): (original: Method) => Method {
  let calls = 0
  return (original) =>
    function (...args) {
      return ++calls % every === 0 ? undefined : original.apply(this, args)
    }
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'joins, leaves and replays do not take turns',
    plant: replace(Turns, 'take', () => (turn: (done: () => void) => void) => turn(() => {})),
  },
  {
    name: 'a turn that ends does not let the next one begin',
    plant: replace(Turns, 'take', (original) => {
      let turns = 0
      return function (turn, isRoom) {
        return original.call(this, ++turns % 20 === 0 ? () => turn(() => {}) : turn, isRoom)
      }
    }),
  },
  {
    name: 'a connection gets new events before its replay has ended',
    plant: replace(
      Replayer,
      'replay',
      (original) =>
        function (connection, after, done) {
          done()
          return original.call(this, connection, after, () => {})
        },
    ),
  },
  {
    name: 'a replay begins one event too late',
    plant: replace(
      Replayer,
      'replay',
      (original) =>
        function (connection, after, done) {
          return original.call(this, connection, after + 1, done)
        },
    ),
  },
  {
    name: 'a slow reader that has caught up stays off its topics',
    plant: replace(
      Lag,
      'drained',
      (original) =>
        function () {
          original.call(this)
          return false
        },
    ),
  },
  { name: 'an outbox loses an event now and then', plant: replace(Outbox, 'add', leaveOut(10)) },
  {
    name: 'an outbox gives its newest event first',
    plant: replace(
      Outbox,
      'take',
      (original) =>
        function () {
          const first = original.call(this)
          return original.call(this) ?? first
        },
    ),
  },
  {
    name: 'a worker counts as not interested when the first of its connections leaves a channel',
    plant: replace(
      Interest,
      'remove',
      (original) =>
        function (worker, channel) {
          for (let i = 0; i < 9; i++) original.call(this, worker, channel)
        },
    ),
  },
  { name: 'the connections of a dead worker are kept', plant: replace(Connections, 'workerGone', () => () => {}) },
  { name: 'a connection that is closed is not told to the primary', plant: replace(Connections, 'close', leaveOut(4)) },
  {
    name: 'a room is left by all devices of a user when one leaves',
    plant: replace(
      Directory,
      'leave',
      (original) =>
        function (id, user) {
          original.call(this, id, user)
          return original.call(this, id, user)
        },
    ),
  },
  { name: 'an announcement is lost now and then', plant: replace(Announcements, 'note', leaveOut(5)) },
  {
    name: 'announcements are made for one room at a time, and those of the others are lost',
    plant: replace(
      Announcements,
      'take',
      (original) =>
        function () {
          return original.call(this).slice(0, 1)
        },
    ),
  },
  {
    name: 'prev says too much',
    plant: replace(
      ChannelHeads,
      'advance',
      (original) =>
        function (channel, offset) {
          original.call(this, channel, offset)
          return offset - 1
        },
    ),
  },
  {
    name: 'the history forgets messages to users',
    plant: replace(
      History,
      'add',
      (original) =>
        function (entry, atMs) {
          if (!isUserChannel(entry.channel)) original.call(this, entry, atMs)
        },
    ),
  },
  {
    name: 'a cursor of any age counts as recoverable',
    plant: replace(
      Hub,
      'replay',
      (original) =>
        function (cursor, channels, bytes) {
          const newest = cursor && { ...cursor, offset: Math.max(cursor.offset, this.head - 3) }
          return original.call(this, newest, channels, bytes)
        },
    ),
  },
  {
    name: 'an append whose outcome is unknown is made again',
    plant: replace(
      GroupCommit,
      'append',
      (original) =>
        function (append, done) {
          const again = (result: unknown) => {
            const isUnknown = result instanceof Refusal && result.code === 'OUTCOME_UNKNOWN'
            if (isUnknown) original.call(this, append, again)
            else done(result)
          }
          return original.call(this, append, again)
        },
    ),
  },
  {
    name: 'an append is answered with the offset of the one behind it',
    plant: replace(
      GroupCommit,
      'append',
      (original) =>
        function (append, done) {
          return original.call(this, append, (result: unknown) =>
            done(typeof result === 'number' ? result + 1 : result),
          )
        },
    ),
  },
  {
    name: 'an append is never answered where the store refuses it',
    plant: replace(
      GroupCommit,
      'append',
      (original) =>
        function (append, done) {
          return original.call(this, append, (result: unknown) => result instanceof Refusal || done(result))
        },
    ),
  },
  {
    name: 'an append that the store refused is acknowledged',
    plant: replace(
      GroupCommit,
      'append',
      (original) =>
        function (append, done) {
          return original.call(this, append, (result: unknown) => done(result instanceof Refusal ? 1 : result))
        },
    ),
  },
  {
    name: 'a resume forgets the last of the rooms',
    plant: replace(
      Connections,
      'open',
      (original) =>
        function (opening, resume) {
          return original.call(this, { ...opening, rooms: opening.rooms?.slice(0, -1) }, resume)
        },
    ),
  },
  {
    name: 'who leaves a room is in it all the same',
    plant: replace(Members, 'leave', leaveOut(6)),
  },
  {
    name: 'answers overtake the events that were before them',
    plant: replace(Deliveries, 'before', () => () => {}),
  },
  {
    name: 'the block of a flush goes to one worker only',
    plant: replace(
      Deliveries,
      'add',
      (original) =>
        function (outgoing: ReadonlyMap<number, unknown>) {
          return original.call(this, new Map([...outgoing].slice(0, 1)))
        },
    ),
  },
  {
    name: 'a dead worker is still among the links',
    plant: replace(Links, 'remove', () => () => {}),
  },
  {
    name: 'a worker that does not answer is taken for one that does',
    plant: replace(
      Link,
      'call',
      (original) =>
        function (method, args, done, span) {
          if (method === 'ping') done(null)
          else original.call(this, method, args, done, span)
        },
    ),
  },
  {
    name: 'a user with two devices on one worker is sent to on one',
    plant: replace(
      Fanout,
      'addMember',
      (original) =>
        function (channel, member) {
          if (isUserChannel(channel)) this.removeMember(channel, this.alone)
          this.alone = isUserChannel(channel) ? member : this.alone
          return original.call(this, channel, member)
        },
    ),
  },
  {
    name: 'a worker forgets to say that a connection has closed',
    plant: replace(
      Sessions,
      'closed',
      (original) =>
        function (connection, code) {
          if (connection.userId === 'player-1') connection.closed()
          else original.call(this, connection, code)
        },
    ),
  },
]
