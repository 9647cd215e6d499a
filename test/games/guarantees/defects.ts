import { Attendance } from '../../../src/games/attendance.ts'
import { Callbacks } from '../../../src/games/callbacks.ts'
import { GameRandom } from '../../../src/games/random.ts'
import { Registers } from '../../../src/games/registers.ts'
import { RoomApi } from '../../../src/games/room-api.ts'
import { GameRun } from '../../../src/games/run.ts'
import { Seats } from '../../../src/games/seats.ts'
import { LiveState } from '../../../src/games/live-state.ts'
import { Timers } from '../../../src/games/timers.ts'

/** A mistake that somebody could have made, put into the real step while matches are played. */
export interface Defect {
  readonly name: string
  /** Returns what takes it out again. */
  readonly plant: () => () => void
}

// oxlint-disable-next-line typescript/no-explicit-any
type Method = (this: any, ...args: any[]) => any

/** Puts a method, a getter or a setter of its own in the place of a class's; it is given the original. */
function replace(
  owner: { readonly prototype: object },
  name: string,
  make: (original: Method) => Method,
  part: 'value' | 'get' | 'set' = 'value',
): () => () => void {
  return () => {
    const { prototype } = owner
    const original = Object.getOwnPropertyDescriptor(prototype, name)
    if (!original) throw new Error(`there is no ${name}`)
    Object.defineProperty(prototype, name, { ...original, [part]: make(original[part] as Method) })
    return () => Object.defineProperty(prototype, name, original)
  }
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a callback that comes to nothing leaves what it has changed',
    plant: replace(
      LiveState,
      'change',
      (original) =>
        function (this: LiveState, ...args) {
          // Whoever asks before the state is put back is told that nothing changed.
          const { shape } = this
          const real = { ...shape }
          Object.assign(shape, { isSame: () => true })
          try {
            return original.apply(this, args) as unknown
          } finally {
            Object.assign(shape, real)
          }
        },
    ),
  },
  {
    name: 'numbers of timers, bots and tasks are used up by what comes to nothing',
    plant: replace(Registers, 'reset', () => () => {}),
  },
  {
    name: 'chance is not put back wholly',
    plant: replace(
      GameRandom,
      'state',
      (original) =>
        function (this: GameRandom, state: readonly number[]) {
          original.call(this, [state[0], state[1], state[2], this.state[3]])
        },
      'set',
    ),
  },
  {
    name: 'a seat forgets how far it has the ledger of its player',
    plant: replace(
      Seats,
      'change',
      (original) =>
        function (this: Seats, id: string, { ledgerEntry: _forgotten, ...change }: { ledgerEntry?: number }) {
          return original.call(this, id, change) as unknown
        },
    ),
  },
  {
    name: 'what a callback asked for is done though it came to nothing',
    plant: replace(RoomApi, 'forget', () => () => {}),
  },
  {
    name: 'a reply is given to the next input, too',
    plant: () => {
      let last: unknown
      return replace(
        RoomApi,
        'take',
        (original) =>
          function (this: RoomApi) {
            const taken = original.call(this) as { wishes: unknown; reply: unknown }
            const reply = taken.reply ?? last
            last = taken.reply
            return { ...taken, reply }
          },
      )()
    },
  },
  {
    name: 'a seat that is back is dropped still',
    plant: replace(
      Seats,
      'change',
      (original) =>
        function (this: Seats, id: string, change: object) {
          return original.call(this, id, 'isConnected' in change ? { isConnected: false } : change) as unknown
        },
    ),
  },
  {
    name: 'a seat that is left stays if there is only one other',
    plant: replace(
      Seats,
      'remove',
      (original) =>
        function (this: Seats, id: string) {
          if (this.all.length !== 2) original.call(this, id)
        },
    ),
  },
  {
    name: 'entries are taken in another order',
    plant: replace(
      GameRun,
      'step',
      (original) =>
        function (this: GameRun, entries: readonly unknown[], nowMs: number) {
          const result = original.call(this, entries.toReversed(), nowMs) as { outcomes: readonly unknown[] }
          return { ...result, outcomes: result.outcomes.toReversed() }
        },
    ),
  },
  {
    name: 'of timers that are due at once the newer runs first',
    plant: replace(
      Timers,
      'add',
      () =>
        function (this: Timers, timer: { readonly due: number }) {
          const timers = this.all as unknown as { readonly due: number }[]
          const at = timers.findIndex(({ due }) => due >= timer.due)
          timers.splice(at === -1 ? timers.length : at, 0, timer)
        },
    ),
  },
  {
    name: 'a timer that was set by a timer runs in the same tick',
    plant: replace(
      Timers,
      'takeDue',
      (original) =>
        function (this: Timers, now: number) {
          return original.call(this, now + 1, Infinity) as unknown
        },
    ),
  },
  {
    name: 'the time of a tick is a sum of rounded steps',
    plant: replace(
      GameRun,
      'dueMs',
      () =>
        function (this: GameRun, tick: number) {
          return this.startMs + tick * Math.round(1000 / this.game.hz)
        },
    ),
  },
  {
    name: 'a checkpoint forgets that the room is locked',
    plant: replace(
      Registers,
      'checkpoint',
      (original) =>
        function (this: Registers) {
          return { ...(original.call(this) as object), isLocked: false }
        },
    ),
  },
  {
    name: 'a room that goes on from a checkpoint numbers its timers anew',
    plant: replace(
      Timers,
      'nextId',
      (original) =>
        function (this: Timers) {
          return Math.min(5, original.call(this) as number)
        },
      'get',
    ),
  },
  {
    name: 'a player whom the game does not want has sent a bot away',
    plant: replace(
      Callbacks,
      'attempt',
      () =>
        function (this: Callbacks, run: () => unknown) {
          return run()
        },
    ),
  },
  {
    name: 'bots that fill a room up do not give way',
    plant: replace(Attendance, 'yielding', () => () => 0, 'get'),
  },
  {
    name: 'bots fill a room up when a player comes, and not when it has waited',
    plant: replace(
      Attendance,
      'fill',
      (original) =>
        function (this: Attendance) {
          original.call(this, Infinity)
        },
    ),
  },
  {
    name: 'a room that goes on from a checkpoint waits for players anew',
    plant: replace(
      Registers,
      'checkpoint',
      (original) =>
        function (this: Registers) {
          return { ...(original.call(this) as object), waitingSinceMs: null }
        },
    ),
  },
]
