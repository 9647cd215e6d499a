import { setTimeout as sleep } from 'node:timers/promises'
import { DrumbeatError, type GameClient } from '../../../src/client/index.ts'
import type { GameRoom } from '../../../src/client/game-room.ts'
import type { TypesOf } from '../../../src/games/define.ts'
import { hashValue } from '../../../src/games/sync/hash.ts'
import type tally from './tally-game.ts'

/** What a request may end with while there is no server. */
const EXPECTED = new Set(['OUTCOME_UNKNOWN', 'UNAVAILABLE', 'OVERLOADED'])
/** What a room may say of itself: it waits for a host, runs, and runs in another host after a death. */
const GOES_ON: ReadonlySet<string> = new Set(['paused', 'running', 'restarted'])
const INPUT_MS = 200
/** Ticks. What differs in one differs in those behind it; to hash each would take more than the server does. */
const HASHED_EVERY = 4

/** The hash of the state of each fourth tick, as somebody saw it: all who see a room see the same in a tick, whoever saw it before or after a death. */
export type Seen = Map<string, number>

/** A player of `tally` with the client library, who writes down what was acknowledged, and looks at every state. */
export class ReturningPlayer {
  readonly user: string
  readonly room: GameRoom<TypesOf<typeof tally>>
  readonly wrong: string[] = []
  sent = 0
  done = 0
  unknown = 0
  states = 0
  /** When the last state came. */
  #seenAtMs = performance.now()
  /** The longest time without a state since `takeGap`. */
  #gapMs = 0

  constructor(user: string, client: GameClient, room: GameRoom<TypesOf<typeof tally>>, seen: Seen) {
    this.user = user
    this.room = room
    let last = 0
    room.subscribe((state) => {
      this.states++
      const nowMs = performance.now()
      this.#gapMs = Math.max(this.#gapMs, nowMs - this.#seenAtMs)
      this.#seenAtMs = nowMs
      const { id, tick } = room
      if (tick < last) this.wrong.push(`${user}: tick ${tick} after ${last}`)
      if (state.ticks !== tick) this.wrong.push(`${user}: tick ${tick} is the ${state.ticks}th that has run`)
      last = tick
      if (tick % HASHED_EVERY > 0) return
      const hash = hashValue(state)
      const key = `${id} ${tick}`
      const before = seen.get(key)
      if (before === undefined) seen.set(key, hash)
      else if (before !== hash) this.wrong.push(`${user}: tick ${tick} of ${id} was another one before`)
    })
    room.on('status', ({ status, error }) => {
      if (!GOES_ON.has(status)) this.wrong.push(`${user}: ${status} ${error?.message ?? ''}`)
    })
    client.on('status', ({ status }) => {
      if (status === 'closed' && goesOn.has(this)) this.wrong.push(`${user}: closed`)
    })
  }

  /** Sends inputs one by one, for as long as it is to go on. */
  async play(goOn: () => boolean): Promise<void> {
    goesOn.add(this)
    while (goOn()) {
      this.sent++
      try {
        await this.room.send.add({ n: this.sent })
        this.done++
      } catch (error) {
        const code = error instanceof DrumbeatError ? error.code : String(error)
        if (EXPECTED.has(code)) this.unknown++
        else this.wrong.push(`${this.user}: an input ended with ${code}`)
      }
      await sleep(INPUT_MS * (0.5 + Math.random()))
    }
    goesOn.delete(this)
  }

  /** What the room has of what this player sent. */
  look(): void {
    const { times = 0 } = this.room.state.added[this.user] ?? {}
    if (times < this.done || times > this.sent)
      this.wrong.push(`${this.user} sent ${this.sent}, ${this.done} were acknowledged, and ${times} are there`)
    if (this.room.state.disorder > 0) this.wrong.push(`${this.user}: ${this.room.state.disorder} inputs out of order`)
    const life = this.room.state.lives[this.user] ?? []
    if (life.filter((what) => what === 'join').length !== 1 || life.includes('leave'))
      this.wrong.push(`${this.user}: the seat was not kept: ${life.join()}`)
  }

  takeGap(): number {
    const gapMs = this.#gapMs
    this.#gapMs = 0
    return gapMs
  }
}

const goesOn = new Set<ReturningPlayer>()
