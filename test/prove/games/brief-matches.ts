/** Matches of `brief` that are made, played and ended in every way, by players who come and go. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from '../../helpers/server.ts'
import { BriefPlayer } from './brief-player.ts'

export interface BriefMatchesOptions {
  readonly server: TestServer
  /** How many are connected. */
  readonly players: number
  readonly matchesPerSecond: number
}

/** How a room is to end: by its game, by players who leave it or lose their connections, or by an operator. */
type End = 'over' | 'leave' | 'cut' | 'delete'
const ENDS: readonly End[] = ['over', 'over', 'over', 'over', 'over', 'leave', 'leave', 'cut', 'cut', 'delete']

/** One match in so many is made by REST, and every other one of these is recorded. */
const MADE_EVERY = 5
const RECORDED_EVERY = 10
/** A connection is replaced after so many matches, by that of another user. */
const MATCHES_EACH = 10
/** So few that all of them have played when the warm-up is over. */
const USERS = 1_000
const MOVES_MAX = 3
const LOOK_MS = 20
/** Whoever waits for longer goes: nobody else has come. */
const ALONE_MS_MAX = 10_000
const OVER_MS_MAX = 20_000
const COME_AGAIN = new Set(['OVERLOADED', 'UNAVAILABLE', 'OUTCOME_UNKNOWN'])
/** The room may end before what is asked of it. */
const AT_THE_END = /ROOM_OVER|ROOM_NOT_FOUND|NOT_IN_ROOM/

export class BriefMatches {
  /** Rooms that somebody was in. */
  readonly rooms = new Set<string>()
  /** Why a room has ended, as somebody was told. */
  readonly ends = new Map<string, string>()
  readonly tally = { started: 0, connections: 0, moves: 0, patches: 0, made: 0, left: 0, cut: 0, deleted: 0, alone: 0 }
  readonly wrong: string[] = []
  /** Refusals that ask a player to come again. */
  readonly again: string[] = []
  readonly #options: BriefMatchesOptions
  #idle: BriefPlayer[] = []
  #playing = 0
  #users = 0
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: BriefMatchesOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    for (let i = 0; i < this.#options.players; i++) this.#idle.push(await this.#come())
  }

  start(): void {
    this.#isOver = false
    this.#running = this.#run()
  }

  /** Resolves when no match is under way. */
  async pause(): Promise<void> {
    this.#isOver = true
    await this.#running
    while (this.#playing > 0) await sleep(LOOK_MS)
  }

  close(): void {
    for (const { client } of this.#idle.splice(0)) client.cut()
  }

  async #run(): Promise<void> {
    const startedMs = performance.now()
    const before = this.tally.started
    while (!this.#isOver) {
      const due = ((performance.now() - startedMs) / 1000) * this.#options.matchesPerSecond
      while (this.tally.started - before < due && this.#idle.length >= 2) {
        const pair = this.#idle.splice(0, 2)
        this.#playing += pair.length
        void this.#match(++this.tally.started, pair)
      }
      await sleep(LOOK_MS)
    }
  }

  /** Two players search at the same time, or join the same room. Who has searched may meet somebody else. */
  async #match(number: number, pair: readonly BriefPlayer[]): Promise<void> {
    const made = number % MADE_EVERY === 0 ? await this.#make(number % RECORDED_EVERY === 0) : undefined
    for (const player of pair) void this.#playAndComeBack(player, made)
  }

  async #make(record: boolean): Promise<string | undefined> {
    const body = { game: 'brief', namespace: 'private', options: { kind: 'made' }, record }
    const room = await this.#admin('POST', '/api/v1/rooms', body)
    if (room === undefined) return undefined
    this.tally.made++
    return (room as { readonly room_id: string }).room_id
  }

  async #playAndComeBack(player: BriefPlayer, made: string | undefined): Promise<void> {
    const { client } = player
    const isCut = await this.#play(player, made)
    this.tally.patches += player.patches
    player.patches = 0
    const { closed } = client.connection
    if (closed !== undefined) this.#note(client.user, closed)
    if (!isCut && closed === undefined && player.matches < MATCHES_EACH) this.#idle.push(player)
    else {
      if (isCut) client.cut()
      else client.close()
      const next = await this.#come().catch((thrown) => this.#note('a new connection', thrown))
      if (next) this.#idle.push(next)
    }
    this.#playing--
  }

  /** Returns whether the player is to lose the connection while it is in the room. Otherwise it is in no room any more. */
  async #play(player: BriefPlayer, made: string | undefined): Promise<boolean> {
    const { client } = player
    const { success, error } = await player.enter(made)
    if (!success) {
      const { code = '', message } = error ?? {}
      if (COME_AGAIN.has(code)) this.again.push(`${code} (${message})`)
      // The other one may have ended the room that was made for both.
      else if (made === undefined || !AT_THE_END.test(code)) this.#note(client.user, `${code} (${message})`)
      return false
    }
    const { room } = player
    this.rooms.add(room)
    const { end, moves } = planOf(room)
    if (!(await player.holds(() => player.users.length === 2, ALONE_MS_MAX))) {
      this.tally.alone++
      await this.#leave(player)
      return false
    }
    for (let i = 0; i < moves; i++) player.move()
    this.tally.moves += moves
    if (!(await player.holds(() => player.moved > 0, OVER_MS_MAX))) this.#note(room, 'an input has no effect')
    if (end === 'cut' && !player.isOver) {
      this.tally.cut++
      return true
    }
    if (end === 'leave') await this.#leave(player)
    else {
      if (end === 'delete' && client.user === player.users.toSorted()[0]) await this.#delete(room)
      if (!(await player.holds(() => false, OVER_MS_MAX))) this.#note(room, 'does not end')
    }
    return false
  }

  async #leave(player: BriefPlayer): Promise<void> {
    const { success, error } = await player.leave()
    if (success) this.tally.left++
    else if (!AT_THE_END.test(error?.code ?? '')) this.#note(player.client.user, error?.code)
  }

  async #delete(room: string): Promise<void> {
    if ((await this.#admin('DELETE', `/api/v1/rooms/${room}`)) !== undefined) this.tally.deleted++
  }

  async #admin(method: string, path: string, body?: object): Promise<unknown> {
    try {
      return await this.#options.server.admin(method, path, body)
    } catch (thrown) {
      if (!AT_THE_END.test(String(thrown))) this.#note(path, thrown)
      return undefined
    }
  }

  async #come(): Promise<BriefPlayer> {
    const user = `player-${this.#users++ % USERS}`
    const player = new BriefPlayer(this.#options.server, user, (room, why) => this.ends.set(room, why))
    await player.client.connection.ready()
    this.tally.connections++
    return player
  }

  #note(who: string, what: unknown): void {
    this.wrong.push(`${who}: ${String(what)}`)
  }
}

/** By letters of the room's id, which are random, so that both of its players do the same. */
function planOf(room: string): { readonly end: End; readonly moves: number } {
  const [moves = 0, end = 0] = Buffer.from(room.slice(-4))
  return { end: ENDS[end % ENDS.length] ?? 'over', moves: 1 + (moves % MOVES_MAX) }
}
