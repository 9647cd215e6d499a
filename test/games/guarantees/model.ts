import type { Game } from '../../../src/games/define.ts'
import type { BoughtEntry, Entry, Joiner, TickResult } from '../../../src/games/entries.ts'
import type { Call, Wish } from './random-game.ts'

/** The room is not what its guarantees say. */
export class Found extends Error {}

interface ModelSeat {
  readonly id: string
  readonly isBot: boolean
  /** How far the seat has its player's ledger. */
  ledgerEntry: number
  readonly fills: boolean
  isConnected: boolean
  team: string | undefined
}

interface ModelTimer {
  readonly id: number
  readonly tag: number
  readonly due: number
}

interface Saved {
  readonly seats: ModelSeat[]
  readonly timers: ModelTimer[]
  readonly numbers: readonly [timer: number, bot: number, run: number]
  readonly flags: readonly [isLocked: boolean, wasFull: boolean, isOver: boolean]
  readonly said: string[]
  readonly events: number
  readonly inRow: Map<string, number>
}

const IN_ROW_MAX = 10
const DONE = 'done'
/** A game that refuses a bot is asked again after that. */
const RETRY_MS = 1_000

/**
 * What has to be called in a room, and in which order, by what is promised: a seat joins, drops and is back in turn, and leaves, each once; a callback that comes
 * to nothing is as none; all leave before the end, and nothing runs behind it. It is told what each callback meant to do, and nothing else.
 */
export class Model {
  readonly #game: Game
  readonly #startMs: number
  readonly #calls: readonly Call[]
  #at = 0
  #tick = 0
  #nowMs: number
  #seats: ModelSeat[] = []
  #timers: ModelTimer[] = []
  #nextTimer = 1
  #nextBot = 1
  #nextRun = 1
  #isLocked = false
  #wasFull = false
  /** Since when a room with a player has free seats that bots are to have. */
  #waitingSince: number | undefined
  #isOver = false
  #ending: string | undefined
  #inRow = new Map<string, number>()
  /** Of a tick. */
  #said: string[] = []
  #events = 0

  /** @param calls grows while the room runs */
  constructor(game: Game, startMs: number, calls: readonly Call[]) {
    this.#game = game
    this.#startMs = startMs
    this.#nowMs = startMs
    this.#calls = calls
  }

  /** A tick has run: it has to be what the model says. @throws Found */
  step(entries: readonly Entry[], nowMs: number, result: TickResult): void {
    const { hz } = this.#game
    this.#tick++
    this.#nowMs = hz === 0 ? Math.max(this.#nowMs, nowMs) : this.#startMs + (this.#tick * 1000) / hz
    this.#said = []
    this.#events = 0
    const outcomes = entries.map((entry) => (this.#ending ? 'ROOM_OVER' : this.#enter(entry)))
    if (!this.#ending) this.#fill()
    this.#runTimers()
    if (hz > 0 && !this.#ending) this.#call('tick', undefined, undefined)
    if (this.#isOver) this.#ending ??= 'over'
    if (this.#ending) for (const { id } of this.#seats) this.#leave(id, 'over')
    this.#waitingSince = this.#isToFill ? (this.#waitingSince ?? this.#nowMs) : undefined
    this.#expect('calls', this.#calls.length, this.#at)
    this.#expect('tick', result.tick, this.#tick)
    this.#expect('nowMs', result.nowMs, this.#nowMs)
    this.#expect('outcomes', result.outcomes.map(outcomeName).join(), outcomes.join())
    this.#expect('effects', result.effects.map(effectName).join(), this.#said.join())
    this.#expect('events', result.events.length, this.#events)
    this.#expect('ending', result.ending?.why, this.#ending)
  }

  /** What the room says of itself between two ticks. @throws Found */
  look(
    seats: readonly { readonly id: string; readonly isConnected: boolean; readonly team: string | undefined }[],
    isLocked: boolean,
  ): void {
    const names = (list: typeof seats) => list.map(({ id, isConnected, team }) => `${id} ${isConnected} ${team}`).join()
    this.#expect('seats', names(seats), names(this.#seats))
    this.#expect('isLocked', isLocked, this.#isLocked)
  }

  #enter(entry: Entry): string {
    switch (entry.kind) {
      case 'join':
        return this.#join(entry.joiner)
      case 'bot':
        return this.#joinNewBot()
      case 'drop':
      case 'back':
        return this.#connect(entry.user, entry.kind)
      case 'leave':
        return this.#leave(entry.user, entry.why)
      case 'input':
        return this.#ofSeat(entry.user, `on.${entry.name}`, entry.input as number)
      case 'bought':
        return this.#bought(entry)
      case 'result':
      case 'failedTask':
        return this.#call('results.load', undefined, entry.run)
      case 'moved':
      case 'returned':
        return DONE
      case 'end':
        this.#ending = entry.why
        return DONE
    }
  }

  #join({ user, isGuest, ledgerEntry }: Joiner): string {
    const { max, lateJoin, fill } = this.#game.seats
    if (this.#seat(user)) return DONE
    const mayReplace = lateJoin || !this.#wasFull
    const bot = mayReplace ? this.#seats.findLast(({ fills }) => fills) : undefined
    const refusal = this.#refusalOf(isGuest, bot ? max + 1 : max)
    if (refusal !== undefined) return refusal
    const seat = { id: user, isBot: false, fills: false, ledgerEntry, isConnected: true, team: undefined }
    if (!bot || this.#seats.length < (fill?.to ?? max)) return this.#take(seat)
    const before = this.#save()
    this.#leave(bot.id, 'replaced')
    const outcome = this.#ending ? 'ROOM_OVER' : (this.#refusalOf(isGuest, max) ?? this.#take(seat))
    if (!outcome.startsWith(DONE) && !this.#ending) this.#restore(before, outcome)
    return outcome
  }

  #refusalOf(isGuest: boolean, max: number): string | undefined {
    const { guests, lateJoin } = this.#game.seats
    if (isGuest && !guests) return 'FORBIDDEN'
    if (this.#isLocked) return 'ROOM_LOCKED'
    if (this.#seats.length >= max) return 'ROOM_FULL'
    return this.#wasFull && !lateJoin ? 'ROOM_LOCKED' : undefined
  }

  #save(): Saved {
    return {
      seats: this.#seats.map((seat) => ({ ...seat })),
      timers: [...this.#timers],
      numbers: [this.#nextTimer, this.#nextBot, this.#nextRun],
      flags: [this.#isLocked, this.#wasFull, this.#isOver],
      said: this.#said.slice(),
      events: this.#events,
      inRow: new Map(this.#inRow),
    }
  }

  /** The player does not come, and the bot has never gone; what has failed is counted. */
  #restore({ seats, timers, numbers, flags, said, events, inRow }: Saved, outcome: string): void {
    this.#seats = seats
    this.#timers = timers
    ;[this.#nextTimer, this.#nextBot, this.#nextRun] = numbers
    ;[this.#isLocked, this.#wasFull, this.#isOver] = flags
    this.#said = said
    this.#events = events
    if (outcome !== 'failed') this.#inRow = inRow
  }

  get #isToFill(): boolean {
    const { fill, lateJoin } = this.#game.seats
    if (!fill || this.#ending || this.#isLocked || (this.#wasFull && !lateJoin)) return false
    return this.#seats.length < fill.to && this.#seats.some(({ isBot }) => !isBot)
  }

  #fill(): void {
    const { fill } = this.#game.seats
    if (!fill || this.#waitingSince === undefined || this.#nowMs - this.#waitingSince < fill.afterMs) return
    this.#waitingSince = undefined
    for (let free = fill.to - this.#seats.length; free > 0 && this.#isToFill; free--) {
      if (!this.#joinNewBot(true).startsWith(DONE)) break
    }
    if (this.#isToFill) this.#waitingSince = this.#nowMs + Math.max(0, RETRY_MS - fill.afterMs)
  }

  #joinNewBot(fills = false): string {
    const id = `bot-${this.#nextBot++}`
    const outcome = this.#joinBot(id, fills)
    if (outcome === DONE) return `${DONE} "${id}"`
    // The number of one that never was is given again.
    this.#nextBot = Number(id.slice('bot-'.length))
    return outcome
  }

  #joinBot(id: string, fills = false): string {
    if (this.#seats.length >= this.#game.seats.max) return 'ROOM_FULL'
    return this.#take({ id, isBot: true, fills, ledgerEntry: 0, isConnected: true, team: undefined })
  }

  #take(seat: ModelSeat): string {
    this.#seats = [...this.#seats, seat]
    const outcome = this.#call('join', seat, undefined)
    if (!outcome.startsWith(DONE)) this.#seats = this.#seats.filter((other) => other !== seat)
    else if (this.#seats.length >= this.#game.seats.max) this.#wasFull = true
    return outcome
  }

  #connect(user: string, kind: 'drop' | 'back'): string {
    const seat = this.#seat(user)
    if (!seat) return 'NOT_IN_ROOM'
    if (seat.isConnected === (kind === 'back')) return DONE
    seat.isConnected = kind === 'back'
    return this.#call(kind, seat, undefined)
  }

  #leave(user: string, why: string): string {
    const seat = this.#seat(user)
    if (!seat) return 'NOT_IN_ROOM'
    this.#seats = this.#seats.filter((other) => other !== seat)
    this.#said.push(`left ${user} ${why}`)
    return this.#call('leave', seat, undefined)
  }

  /** Each once, in the order of the ledger, and none behind one that is missing. */
  #bought({ user, ledgerEntry, after, receipt }: BoughtEntry): string {
    const seat = this.#seat(user)
    if (!seat) return 'NOT_IN_ROOM'
    if (ledgerEntry <= seat.ledgerEntry) return DONE
    if (after > seat.ledgerEntry) return 'CONFLICT'
    seat.ledgerEntry = ledgerEntry
    return this.#call('bought', seat, receipt.count)
  }

  #ofSeat(user: string, callback: string, number: number): string {
    const seat = this.#seat(user)
    return seat ? this.#call(callback, seat, number) : 'NOT_IN_ROOM'
  }

  #runTimers(): void {
    const now = this.#game.hz === 0 ? this.#nowMs : this.#tick
    const before = this.#nextTimer
    for (;;) {
      const due = this.#timers.filter(({ id, due }) => due <= now && id < before)
      const [first] = due.toSorted((a, b) => a.due - b.due || a.id - b.id)
      if (!first || this.#ending) return
      this.#timers = this.#timers.filter((timer) => timer !== first)
      this.#call('timers.late', undefined, first.tag)
    }
  }

  /** The next callback that ran has to be this one. */
  #call(name: string, seat: ModelSeat | undefined, number: number | undefined): string {
    const call = this.#calls[this.#at++]
    if (!call) throw new Found(`tick ${this.#tick}: ${name} of ${seat?.id} was not called`)
    const shown = (id: string | undefined, isConnected: boolean | undefined, more: unknown) =>
      JSON.stringify([id, isConnected, more])
    this.#expect('the next callback', call.name, name)
    this.#expect(name, shown(call.seat, call.isConnected, call.number), shown(seat?.id, seat?.isConnected, number))
    this.#expect(`${name}: its tick`, call.tick, this.#tick)
    this.#expect(`${name}: its time`, call.nowMs, this.#nowMs)
    this.#expect(`${name}: seats`, call.seats.join(), this.#seats.map(({ id }) => id).join())
    if (call.fate !== 'ok') return this.#failed(call)
    this.#inRow.delete(name)
    this.#isOver = call.setsOver ?? this.#isOver
    // Numbers were given when it asked; what it asked for is done now.
    for (const wish of call.wishes) this.#number(wish)
    for (const wish of call.wishes) this.#grant(wish)
    return call.reply === undefined ? DONE : `${DONE} ${call.reply}`
  }

  #failed({ name, fate }: Call): string {
    if (fate === 'refuse' && (name === 'join' || name.startsWith('on.'))) return 'REFUSED'
    const inRow = (this.#inRow.get(name) ?? 0) + 1
    this.#inRow.set(name, inRow)
    // A join that fails costs whoever wants the seat.
    if (inRow >= IN_ROW_MAX && name !== 'join') this.#ending ??= 'failed'
    return 'failed'
  }

  #number(wish: Wish): void {
    if (wish.kind === 'bot') this.#expect('the number of a bot', wish.id, `bot-${this.#nextBot++}`)
    if (wish.kind === 'timer') this.#expect('the number of a timer', wish.id, this.#nextTimer++)
    if (wish.kind === 'task') this.#expect('the number of a task', wish.run, this.#nextRun++)
  }

  #grant(wish: Wish): void {
    switch (wish.kind) {
      case 'kick':
        if (!this.#ending) this.#leave(wish.seat, 'kicked')
        return
      case 'bot':
        if (!this.#ending) this.#joinBot(wish.id)
        return
      case 'timer':
        this.#timers.push({ ...wish, due: (this.#game.hz === 0 ? this.#nowMs : this.#tick) + wish.after })
        return
      case 'cancel':
        this.#timers = this.#timers.filter(({ id }) => id !== wish.id)
        return
      case 'say':
        this.#said.push('say')
        return
      case 'emit':
        this.#events++
        return
      case 'task':
        this.#said.push(`task ${wish.run}`)
        return
      case 'team': {
        const seat = this.#seat(wish.seat)
        if (seat) seat.team = wish.team
        return
      }
      case 'lock':
      case 'unlock':
        this.#isLocked = wish.kind === 'lock'
        return
      case 'end':
        this.#ending ??= 'over'
    }
  }

  #seat(id: string): ModelSeat | undefined {
    return this.#seats.find((seat) => seat.id === id)
  }

  #expect(what: string, is: unknown, expected: unknown): void {
    if (!Object.is(is, expected))
      throw new Found(`tick ${this.#tick}: ${what}: ${String(is)}, expected ${String(expected)}`)
  }
}

function outcomeName(outcome: TickResult['outcomes'][number]): string {
  if (outcome.kind === 'refused') return outcome.code
  if (outcome.kind === 'failed') return outcome.kind
  return outcome.value === undefined ? DONE : `${DONE} ${JSON.stringify(outcome.value)}`
}

function effectName(effect: TickResult['effects'][number]): string {
  if (effect.kind === 'left') return `left ${effect.user} ${effect.why}`
  return effect.kind === 'task' ? `task ${effect.run}` : effect.kind
}
