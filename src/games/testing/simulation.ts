import { inputOf, type Input } from '../bots.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { GameTypes } from '../define.ts'
import type { Receipt } from '../../protocol/shapes/shop.ts'
import type { Json, Reward, Seat } from '../definition.ts'
import type { EndReason, Ending, Entry, Failure, TickResult } from '../entries.ts'
import type { Immutable } from '../immutable.ts'
import { encodeTick } from '../journal.ts'
import type { Shape, Tree } from '../sync/shape.ts'
import { replayRoom, type Journal } from './replay.ts'
import { badRequest, replyOf, type Reply } from './replies.ts'
import { SeatKeeper } from './seat-keeper.ts'
import { simulatedReceipt } from './simulated-receipt.ts'
import { frozen, SimulatedRoom, type PendingTask } from './simulated-room.ts'

type AtTick<What> = What & { readonly tick: number }

export type SimulatedEvent<Events> = {
  [Name in keyof Events]: { readonly tick: number; readonly name: Name; readonly data: Events[Name] }
}[keyof Events]

/** An input of a bot that the game did not take. */
export interface BotRefusal<Code extends string = string> extends Pick<Reply<Code>, 'code' | 'message' | 'details'> {
  readonly user: string
  readonly input: string
}

/** Ticks that follow from each other without anything from outside: more is a loop. */
const TICKS_MAX = 100_000

interface Waiting {
  readonly entry: Entry
  /** Filled in when the entry has entered. */
  readonly reply: object
}

/**
 * A room on a clock by hand. What is sent (`join`, `input`, …) enters at once, in a tick of its own, and is answered by what the method returns; what
 * is sent inside of `together` enters in one tick. Time passes by `tick` and `advance` only, and with it what a server does by itself: seats
 * that were held too long end, `seats.fill` brings bots, and bots play, those too that stand in for players (`seats.standIn`). Rates (`perSecond`) are not looked at.
 */
export class Simulation<Types extends GameTypes = GameTypes> {
  /** What the game has emitted. */
  readonly events: SimulatedEvent<Types['events']>[] = []
  /** What it has said by `room.say`. */
  readonly said: AtTick<{ readonly to: string; readonly data: Json }>[] = []
  readonly logs: AtTick<{ readonly message: string; readonly data: Json | undefined }>[] = []
  /** The seats that ended. */
  readonly left: AtTick<{ readonly user: string; readonly why: string }>[] = []
  /** Callbacks that threw or left a state that is none, views and bots too. A test should look whether it is empty. */
  readonly failures: AtTick<Failure>[] = []
  /** What bots have sent and the game has refused: they have no reply that a test could look at. */
  readonly refusals: AtTick<BotRefusal<Types['refusal']>>[] = []
  readonly #room: SimulatedRoom
  readonly #head: Uint8Array
  readonly #keeper = new SeatKeeper()
  /** Of all users together. */
  #ledgerEntries: number
  #nowMs: number
  /** What was sent in `together`; undefined: outside of it. */
  #waiting: Waiting[] | undefined
  #state: { readonly tree: Tree; readonly value: unknown } | undefined

  /** Use `simulate`. @param played what its ticks came to by now */
  constructor(room: SimulatedRoom, head: Uint8Array, played: readonly TickResult[] = []) {
    this.#room = room
    this.#head = head
    for (const result of played) this.#note(result)
    this.#nowMs = room.run.nowMs
    this.#ledgerEntries = Math.max(0, ...room.run.seats.map(({ ledgerEntry }) => ledgerEntry))
    this.#look()
  }

  /** How many ticks have run. */
  get ticks(): number {
    return this.#room.run.tick
  }

  /** Unix time in milliseconds, by the clock that `tick` and `advance` move. */
  get nowMs(): number {
    return this.#nowMs
  }

  get state(): Immutable<Types['state']> {
    const { shape, tree }: { shape: Shape<unknown>; tree: Tree } = this.#room.run
    if (this.#state?.tree !== tree) this.#state = { tree, value: frozen(shape.thaw(tree)) }
    return this.#state.value as Immutable<Types['state']>
  }

  get seats(): readonly Seat[] {
    return this.#room.run.seats
  }

  /** Why the room is over, its result and rewards; undefined: it is not. */
  get ending(): Ending | undefined {
    return this.#room.run.ending
  }

  /** What the match came to; undefined: it is not over. */
  get result(): Json | null | undefined {
    return this.ending?.result
  }

  /** What the match pays; empty while it is not over. Rewards of guests and bots, who have no money, are left out. */
  get rewards(): readonly Reward[] {
    return this.ending?.rewards ?? []
  }

  /** Tasks that were started and wait for `resolveTask` or `failTask`. */
  get tasks(): readonly PendingTask[] {
    return [...this.#room.tasks.values()]
  }

  /** What a search of rooms finds. Throws what the game throws. */
  get listing(): Types['listing'] {
    return this.#room.listing()
  }

  /**
   * What the seat of this user sees; a spectator, without one. It has come as it comes to clients: by snapshots and patches in both encodings, whose
   * hashes were compared with the room's. Throws what the game's view throws, and Error if the user has no seat.
   */
  view(user?: string): unknown {
    if (user === undefined) return this.#room.see(undefined)
    const seat = this.seats.find(({ id }) => id === user)
    if (!seat) throw new Error(`${user} has no seat`)
    return this.#room.see(seat)
  }

  /** The user takes a seat; one who has dropped is back. */
  join(
    user: string,
    { guest = false, inventory = {} }: { guest?: boolean; inventory?: Readonly<Record<string, number>> } = {},
  ): Reply<Types['refusal']> {
    const seat = this.seats.find(({ id }) => id === user)
    if (seat && !seat.isConnected) return this.back(user)
    const joiner = { user, isGuest: guest, inventory: { ...inventory }, ledgerEntry: this.#ledgerEntries }
    return this.#send({ kind: 'join', joiner })
  }

  /** The user's last connection is gone: the seat is held for `holdMs`. */
  drop(user: string): Reply {
    return this.#send({ kind: 'drop', user })
  }

  back(user: string): Reply {
    return this.#send({ kind: 'back', user })
  }

  /** @param why as `leave` of the room's log has it: `left`, `held too long`, `kicked` */
  leave(user: string, why = 'left'): Reply {
    return this.#send({ kind: 'leave', user, why })
  }

  /** A bot takes a seat, as by REST: it does not give way to players, as those of `seats.fill` do. */
  joinBot(kind: string): Reply<Types['refusal']> {
    return this.#send({ kind: 'bot', bot: kind })
  }

  /** The value is checked as a server checks it: one that does not fit is BAD_REQUEST, and there is no tick. */
  input<Name extends keyof Types['inputs'] & string>(
    user: string,
    name: Name,
    value: Types['inputs'][Name],
  ): Reply<Types['refusal']> {
    try {
      const input = inputOf(this.#room.run.game, name, value)
      return this.#send({ kind: 'input', user, name, input })
    } catch (error) {
      if (error instanceof Error) return badRequest(this.ticks, error)
      throw error
    }
  }

  /**
   * The user buys a good: `bought` of the game is called with a receipt as a server gives it, but for the signature.
   * @param more of the receipt; by default one of the good, for 1 gold
   */
  buy(user: string, good: string, more: Partial<Receipt> = {}): Reply {
    const ledgerEntry = ++this.#ledgerEntries
    const receipt = simulatedReceipt(ledgerEntry, { user_id: user, good_id: good, committed_at: this.#nowMs, ...more })
    return this.#send({ kind: 'bought', user, receipt, ledgerEntry, after: 0 })
  }

  /** A task comes to an end. @param task its number, or its name: the oldest that waits */
  resolveTask(task: string | number, value: Json): Reply {
    const { run, task: name } = this.#taskOf(task)
    return this.#send({ kind: 'result', task: name, run, value })
  }

  failTask(task: string | number, error: string): Reply {
    const { run, task: name } = this.#taskOf(task)
    return this.#send({ kind: 'failedTask', task: name, run, error })
  }

  /** The room ends from outside: by REST (`ended`), as it is empty, or after `maxMs`. */
  end(why: EndReason = 'ended'): Reply {
    return this.#send({ kind: 'end', why })
  }

  /**
   * What is sent inside enters in one tick, in this order; of inputs that are kept as `latest` only a seat's newest. The replies are filled in when this
   * returns.
   */
  together(send: () => void): void {
    if (this.#waiting) throw new Error('together: not inside of together')
    this.#waiting = []
    let waiting: Waiting[]
    try {
      send()
    } finally {
      waiting = this.#waiting
      this.#waiting = undefined
    }
    this.#enter(waiting)
  }

  /** So many ticks, as far as the room is not over. Only with a tick rate: a game whose `hz` is 0 has ticks when something comes in, see `advance`. */
  tick(count = 1): void {
    if (this.#room.run.game.hz === 0) throw new TypeError('tick: this game has no tick rate; use advance(ms)')
    for (let i = 0; i < count && !this.ending; i++) this.#run([])
  }

  /** Time passes: ticks, timers, and what a server does by itself, as far as the room is not over. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new TypeError(`advance(${ms}): milliseconds from 0`)
    const untilMs = this.#nowMs + ms
    for (let i = 0; !this.ending; i++) {
      const dueMs = this.#dueMs()
      if (dueMs === undefined || dueMs > untilMs) break
      if (i > TICKS_MAX)
        throw new Error('advance: the ticks have no end; is there a timer that sets itself anew in no time?')
      this.#nowMs = Math.max(this.#nowMs, dueMs)
      this.#run([])
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** All there is to know of the room now: plain data. */
  checkpoint(): Checkpoint {
    return this.#room.checkpoint()
  }

  /**
   * Another room, which goes on from the checkpoint, as behind the death of a host. Its lists (`events`, `said`, …) are empty, and it has no `journal`.
   * Throws if the checkpoint is none of this game, or of a version from which `migrate` knows no way.
   */
  restore(checkpoint: Checkpoint): Simulation<Types> {
    const room = SimulatedRoom.restore(this.#room.run.game, structuredClone(checkpoint))
    for (const task of this.tasks) if (task.run < checkpoint.nextRun) room.tasks.set(task.run, task)
    return new Simulation<Types>(room, NO_HEAD)
  }

  /** The recording of the room so far. */
  get journal(): Journal {
    if (this.#head === NO_HEAD)
      throw new Error('a room that was made from a checkpoint has no journal from its beginning')
    const { records, run, hash } = this.#room
    const isLastThere = run.tick === 0 || records.at(-1)?.tick === run.tick
    const all = isLastThere ? records : [...records, { tick: run.tick, nowMs: run.nowMs, entries: [], hash }]
    const ticks = all.map((record) => encodeTick(record.tick === run.tick ? { ...record, hash } : record))
    return { head: this.#head, ticks }
  }

  /** The room that comes of a recording, by default of this one. Throws ReplayError if it comes to another state. */
  replay(journal: Journal = this.journal): Simulation<Types> {
    return new Simulation<Types>(replayRoom(this.#room.run.game, journal), journal.head)
  }

  #taskOf(task: string | number): PendingTask {
    const found = this.tasks.find(({ run, task: name }) => run === task || name === task)
    if (!found) throw new Error(`no task ${JSON.stringify(task)} waits for its end`)
    return found
  }

  #send(entry: Entry): Reply {
    const waiting: Waiting = { entry, reply: {} }
    if (this.#waiting) this.#waiting.push(waiting)
    else this.#enter([waiting])
    return waiting.reply as Reply
  }

  #enter(waiting: readonly Waiting[]): void {
    if (this.ending) {
      const over: Reply = { ok: false, tick: this.ticks, code: 'ROOM_OVER', message: 'the room is over' }
      for (const { reply } of waiting) Object.assign(reply, over)
    } else this.#run(waiting)
  }

  #dueMs(): number | undefined {
    const { run } = this.#room
    if (run.game.hz > 0) return run.dueMs(run.tick + 1)
    const due = [run.nextDue, this.#keeper.dueMs(run)].filter((ms) => ms !== undefined)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** A tick; where ticks have no length, those too that follow from the inputs of bots. */
  #run(waiting: readonly Waiting[]): void {
    this.#runOne(waiting)
    for (let i = 0; this.#room.run.game.hz === 0 && this.#room.bots.hasInputs && !this.ending; i++) {
      if (i > TICKS_MAX) throw new Error('the bots answer each other without an end')
      this.#runOne([])
    }
  }

  #runOne(waiting: readonly Waiting[]): void {
    const { run, bots } = this.#room
    if (run.game.hz > 0) this.#nowMs = Math.max(this.#nowMs, run.dueMs(run.tick + 1))
    const newest = onlyNewest(waiting, this.#room)
    const others = [...this.#keeper.entries(run, this.#nowMs), ...newest.map(({ entry }) => entry)]
    const ofBots = bots.take(others)
    const before = ofBots.length + others.length - newest.length
    const result = this.#room.step([...ofBots, ...others], this.#nowMs)
    for (const { entry, reply } of waiting) {
      const at = newest.findIndex((other) => other.entry === entry || isReplacedBy(entry, other.entry, this.#room))
      const outcome = result.outcomes[before + at]
      if (outcome) Object.assign(reply, replyOf(outcome, result.tick))
    }
    this.#note(result)
    this.#noteRefusals(ofBots, result)
    this.#look()
  }

  #noteRefusals(ofBots: readonly Input[], { tick, outcomes }: TickResult): void {
    for (const [i, { user, name: input }] of ofBots.entries()) {
      const outcome = outcomes[i]
      if (outcome?.kind !== 'refused') continue
      const { ok: _ok, ...refused } = replyOf(outcome, tick)
      this.refusals.push({ user, input, ...refused })
    }
  }

  #note({ tick, effects, events, failures }: TickResult): void {
    for (const [name, data] of events) {
      this.events.push({ tick, name, data } as SimulatedEvent<Types['events']>)
    }
    for (const effect of effects) {
      if (effect.kind === 'say') this.said.push({ tick, to: effect.to, data: effect.data })
      if (effect.kind === 'log') this.logs.push({ tick, message: effect.message, data: effect.data })
      if (effect.kind === 'left') this.left.push({ tick, user: effect.user, why: effect.why })
    }
    for (const failure of failures) this.failures.push({ tick, ...failure })
  }

  #look(): void {
    for (const failure of this.#room.look()) this.failures.push({ tick: this.ticks, ...failure })
    this.#keeper.look(this.#room.run)
  }
}

/** Of a room whose journal does not begin with its first tick. */
export const NO_HEAD = new Uint8Array()

function isReplacedBy(older: Entry, newer: Entry, { run }: SimulatedRoom): boolean {
  if (older.kind !== 'input' || newer.kind !== 'input') return false
  const isSame = older.user === newer.user && older.name === newer.name
  return isSame && run.game.inputs.get(older.name)?.keep === 'latest'
}

/** Without the inputs in whose place a newer one counts. */
function onlyNewest(waiting: readonly Waiting[], room: SimulatedRoom): readonly Waiting[] {
  return waiting.filter(({ entry }, i) => !waiting.slice(i + 1).some((newer) => isReplacedBy(entry, newer.entry, room)))
}
