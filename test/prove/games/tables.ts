import { setTimeout as sleep } from 'node:timers/promises'
import { connect, DrumbeatError, type GameRoom } from '../../../src/client/index.ts'
import type { TypesIn } from '../../../src/client/games.ts'
import type arena from '../../../src/samples/arena.ts'
import type { TestServer } from '../../helpers/server.ts'
import { createChance, type Chance } from '../../helpers/house/chance.ts'

type Arena = GameRoom<TypesIn<typeof arena>>

/** What happened at the tables. */
export interface Tally {
  /** Rooms that were made, and matches that came to their end. */
  rooms: number
  over: number
  bots: number
  /** Players who came; who gave up the seat; whose connection was just gone. */
  came: number
  left: number
  cut: number
  inputs: number
  /** Refusals of the game: a ship that is shot down, or reloads. */
  refused: number
  /** What must not happen. */
  readonly wrong: string[]
}

const BOTS = ['easy', 'hard', 'easy'] as const
const INPUT_MS = 100
const STAY_MS = { min: 4_000, max: 25_000 } as const
/** Of those who go. */
const CUT_SHARE = 0.3
/** A room ends while somebody is on the way into it, or plays. */
const AT_THE_END: ReadonlySet<string> = new Set([
  'ROOM_OVER',
  'ROOM_NOT_FOUND',
  'NOT_IN_ROOM',
  'CLOSED',
  'OUTCOME_UNKNOWN',
])

/** Arenas in which there is always a match with bots, and players come and go: by the client library, as in a browser. */
export class Tables {
  readonly tally: Tally = {
    rooms: 0,
    over: 0,
    bots: 0,
    came: 0,
    left: 0,
    cut: 0,
    inputs: 0,
    refused: 0,
    wrong: [],
  }
  /** The room of each table now. */
  readonly rooms: string[] = []
  readonly #server: TestServer
  #isOpen = true
  readonly #tables: Promise<unknown>

  constructor(server: TestServer, count: number) {
    this.#server = server
    const tables = Array.from({ length: count }, (_, i) => this.#table(i, createChance(i + 1)))
    this.#tables = Promise.all(tables)
  }

  /** Resolves when all have gone. */
  async close(): Promise<Tally> {
    this.#isOpen = false
    await this.#tables
    return this.tally
  }

  async #table(table: number, chance: Chance): Promise<void> {
    // Not all in one moment.
    await sleep(chance.integer(0, 3_000))
    for (let match = 0; this.#isOpen; match++) {
      const made = await this.#admin('POST', '/api/v1/rooms', { namespace: 'private', game: 'arena' })
      if (made === undefined) return
      const { room_id: room } = made as { readonly room_id: string }
      this.tally.rooms++
      this.rooms[table] = room
      let isOver = false
      for (let guest = 0; this.#isOpen && !isOver; guest++) {
        isOver = await this.#play({ room, name: `p-${table}-${match}-${guest}`, isFirst: guest === 0, chance })
      }
      if (isOver) this.tally.over++
    }
  }

  /** One player comes, plays for a while and goes. Returns whether the match is over. */
  async #play(at: {
    readonly room: string
    readonly name: string
    readonly isFirst: boolean
    readonly chance: Chance
  }): Promise<boolean> {
    const { room: id, name, isFirst, chance } = at
    const client = await connect({ url: this.#server.url, namespace: 'private', token: () => this.#server.mint(name) })
    try {
      const room: Arena = await client.enter<typeof arena>(id)
      this.tally.came++
      if (isFirst) await this.#addBots(id)
      const untilMs = performance.now() + chance.integer(STAY_MS.min, STAY_MS.max)
      while (this.#isOpen && !room.isOver && performance.now() < untilMs) {
        this.#move(room, chance)
        await sleep(INPUT_MS)
      }
      if (!room.isOver) await this.#go(room, chance)
      return room.isOver
    } catch (thrown) {
      if (!(thrown instanceof DrumbeatError) || !AT_THE_END.has(thrown.code)) this.#note(name, thrown)
      return true
    } finally {
      client.close()
    }
  }

  async #addBots(room: string): Promise<void> {
    for (const bot of BOTS) if (await this.#admin('POST', `/api/v1/rooms/${room}/bots`, { bot })) this.tally.bots++
  }

  #move(room: Arena, chance: Chance): void {
    this.tally.inputs++
    const turn = () => chance.integer(-100, 100)
    if (chance.happens(0.7)) void room.send.steer({ dx: turn(), dy: turn() }).catch((thrown) => this.#refused(thrown))
    else void room.send.fire({}).catch((thrown) => this.#refused(thrown))
  }

  async #go(room: Arena, chance: Chance): Promise<void> {
    if (chance.happens(CUT_SHARE)) {
      this.tally.cut++
      return
    }
    this.tally.left++
    await room.leave()
  }

  #refused(thrown: unknown): void {
    if (thrown instanceof DrumbeatError && thrown.code === 'REFUSED') this.tally.refused++
    else if (!(thrown instanceof DrumbeatError) || !AT_THE_END.has(thrown.code)) this.#note('input', thrown)
  }

  async #admin(method: string, path: string, body: object): Promise<unknown> {
    try {
      return await this.#server.admin(method, path, body)
    } catch (thrown) {
      // A match may be over before its bots have come.
      if (!/ROOM_OVER|ROOM_NOT_FOUND/.test(String(thrown))) this.#note(path, thrown)
      return undefined
    }
  }

  #note(what: string, thrown: unknown): void {
    this.tally.wrong.push(`${what}: ${String(thrown)}`)
  }
}
