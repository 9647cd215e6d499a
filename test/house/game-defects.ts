import { Attendance } from '../../src/games/attendance.ts'
import { Bots } from '../../src/games/bots.ts'
import { LiveState } from '../../src/games/live-state.ts'
import { Seats } from '../../src/games/seats.ts'
import { SeatNews } from '../../src/host/seat-news.ts'
import { Calls } from '../../src/placement/calls.ts'
import { Entrances } from '../../src/placement/entrances.ts'
import { PlacedRoom } from '../../src/placement/placed-room.ts'
import { Purchases } from '../../src/placement/purchases.ts'
import { Recovery } from '../../src/placement/recovery.ts'
import { Rewards } from '../../src/placement/rewards.ts'
import { RoomEvents } from '../../src/placement/room-events.ts'
import { leaveOut, replace, type Defect } from './defects.ts'

const NOTHING = () => () => {}

/** Mistakes in what is done of rooms with games. */
export const GAME_DEFECTS: readonly Defect[] = [
  {
    name: 'a host that takes over is not given the records behind the checkpoint',
    plant: replace(PlacedRoom, 'keep', NOTHING),
  },
  {
    name: 'a host that takes over is not told who is in its rooms',
    plant: replace(Entrances, 'reenter', NOTHING),
  },
  {
    name: 'what a game has said is said again by the next host',
    plant: replace(PlacedRoom, 'hears', () => () => true),
  },
  {
    name: 'a host is not told that a connection has closed',
    plant: replace(Entrances, 'gone', NOTHING),
  },
  {
    name: 'an input whose host has died is given to the next one',
    plant: replace(
      Calls,
      'make',
      (original) =>
        function (room, call) {
          return original.call(this, room, { ...call, mayRepeat: true })
        },
    ),
  },
  {
    name: 'a match is paid for again, under another key',
    plant: replace(
      Rewards,
      'settle',
      (original) =>
        async function (room: { readonly id: string }, rewards, end) {
          const again = Object.create(room, { id: { value: `${room.id}-` } }) as unknown
          await original.call(this, again, rewards, end)
          return original.call(this, room, rewards, end) as unknown
        },
    ),
  },
  {
    name: 'a seat does not notice how far it has the ledger of its player',
    plant: replace(
      Seats,
      'change',
      (original) =>
        function (id, { ledgerEntry: _forgotten, ...change }) {
          return original.call(this, id, change) as unknown
        },
    ),
  },
  { name: 'a room is not told of a purchase now and then', plant: replace(Purchases, 'bought', leaveOut(3)) },
  {
    name: 'a match ends and does not pay',
    plant: replace(
      Rewards,
      'settle',
      (original) =>
        function (room, _rewards, end) {
          return original.call(this, room, [], end) as unknown
        },
    ),
  },
  {
    name: 'rooms that wait for a host are not given to the one that comes up',
    plant: replace(Recovery, 'placeHomeless', NOTHING),
  },
  {
    name: 'a callback that refuses leaves what it had changed',
    plant: replace(
      LiveState,
      'change',
      (original) =>
        function (name, run: (live: unknown) => unknown) {
          const thrown: unknown[] = []
          original.call(this, name, (live: unknown) => {
            try {
              return run(live)
            } catch (error) {
              thrown.push(error)
              return undefined
            }
          })
          if (thrown.length > 0) throw thrown[0]
        },
    ),
  },
  {
    name: 'what a game says is lost now and then',
    plant: replace(RoomEvents, 'say', leaveOut(20)),
  },
  {
    name: 'what a bot has said for a player comes with the player, who is back',
    plant: replace(
      Bots,
      'take',
      (original) =>
        function () {
          return original.call(this, []) as unknown
        },
    ),
  },
  {
    name: 'bots that fill a room up do not give way',
    plant: replace(
      Attendance,
      'joinNewBot',
      (original) =>
        function (bot: string) {
          return original.call(this, bot, false) as unknown
        },
    ),
  },
  {
    name: 'a room is filled up once, and not again',
    plant: () => {
      const filled = new WeakSet<object>()
      return replace(
        Attendance,
        'fill',
        (original) =>
          function (nowMs: number) {
            const { fillDueMs } = this as Attendance
            if (fillDueMs === undefined || fillDueMs > nowMs || filled.has(this as Attendance)) return
            filled.add(this as Attendance)
            original.call(this, nowMs)
          },
      )()
    },
  },
  {
    name: 'news of the seats is lost now and then',
    plant: () => {
      let news = 0
      return replace(
        SeatNews,
        'since',
        (original) =>
          function (tick: number) {
            const changes = original.call(this, tick) as unknown
            return changes !== undefined && ++news % 10 === 0 ? undefined : changes
          },
      )()
    },
  },
]
