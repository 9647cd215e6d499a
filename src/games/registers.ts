import type { Checkpoint, Start } from './checkpoint.ts'
import { Players } from './players.ts'
import { GameRandom, type RandomState } from './random.ts'
import { Seats } from './seats.ts'
import { Timers } from './timers.ts'

/** The counters that a callback advances while it runs. */
interface Mark {
  readonly random: RandomState
  readonly nextTimer: number
  readonly nextBot: number
  readonly nextRun: number
}

type Registered = Pick<
  Checkpoint,
  | 'random'
  | 'seats'
  | 'players'
  | 'nextBot'
  | 'timers'
  | 'nextTimer'
  | 'nextRun'
  | 'isLocked'
  | 'wasFull'
  | 'waitingSinceMs'
>

/** All that a room keeps besides the state of its game. */
export class Registers {
  readonly random: GameRandom
  readonly seats: Seats
  /** Empty if the game has no `over`, because then nothing is paid. */
  readonly players: Players
  readonly timers: Timers
  nextRun: number
  isLocked: boolean
  /** True once all seats were taken at the same time. */
  wasFull: boolean
  /** See `Checkpoint`. */
  waitingSinceMs: number | null

  constructor(start: Start) {
    this.random = new GameRandom(start.random)
    this.seats = new Seats(start.seats, start.nextBot)
    this.players = new Players(start.players)
    this.timers = new Timers(start.timers, start.nextTimer)
    this.nextRun = start.nextRun
    this.isLocked = start.isLocked
    this.wasFull = start.wasFull
    this.waitingSinceMs = start.waitingSinceMs
  }

  mark(): Mark {
    const { random, timers, seats, nextRun } = this
    return { random: random.state, nextTimer: timers.nextId, nextBot: seats.nextBot, nextRun }
  }

  /** The callback was undone. */
  reset({ random, nextTimer, nextBot, nextRun }: Mark): void {
    this.random.state = random
    this.timers.nextId = nextTimer
    this.seats.nextBot = nextBot
    this.nextRun = nextRun
  }

  checkpoint(): Registered {
    const { seats, players, timers, isLocked, wasFull, waitingSinceMs } = this
    const lists = { seats: seats.all, players: players.all, timers: [...timers.all] }
    return { ...this.mark(), ...lists, isLocked, wasFull, waitingSinceMs }
  }

  /** Undoes all that has happened since the checkpoint. */
  restore({ seats, players, timers, isLocked, wasFull, waitingSinceMs, ...mark }: Registered): void {
    this.seats.all = seats
    this.players.all = players
    this.timers.all = timers
    this.isLocked = isLocked
    this.wasFull = wasFull
    this.waitingSinceMs = waitingSinceMs
    this.reset(mark)
  }
}
