/** Players that come and go all the time, each in a room: many in rooms that stay, some in one of their own. */
import { Connection } from '../../src/load/connection.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { drumbeatDialect } from '../../src/load/drumbeat.ts'
import { dataFrame } from '../../src/load/message.ts'
import { EVENT, type Encoding } from '../../src/protocol/events.ts'
import { encodeMsgpack } from '../../src/protocol/msgpack.ts'
import { webSocketFrame } from '../helpers/raw.ts'
import type { TestServer } from '../helpers/server.ts'

export interface ChurnOptions {
  readonly connections: number
  /** Connections replaced per second. */
  readonly churn: number
  /** Rooms made and left per second, not more than `churn`. */
  readonly rooms: number
}

/** Rooms that stay, for those that have none of their own. */
const LASTING_ROOMS = 50
const TICK_MS = 100
/** A room's state is kept for a while after the room. */
const RETAINED_EVERY = 10
const CLOSE = webSocketFrame({ opcode: 8, payload: Buffer.of(0x03, 0xe8) })

interface Player {
  readonly connection: Connection
  readonly room: number
  readonly encoding: Encoding
}

export class Churn {
  replaced = 0
  roomsMade = 0
  /** Why connections ended that nobody ended, or did not come to be. */
  readonly troubles: string[] = []
  readonly #server: TestServer
  readonly #options: ChurnOptions
  /** The oldest first. */
  #players: Player[] = []
  #opened = 0
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(server: TestServer, options: ChurnOptions) {
    this.#server = server
    this.#options = options
  }

  async fill(): Promise<void> {
    const opened: Connection[] = []
    await openConnections(opened, [0, this.#options.connections], () => {
      const player = this.#newPlayer(this.#opened % LASTING_ROOMS)
      this.#players.push(player)
      return player.connection
    })
  }

  start(): void {
    this.#isOver = false
    this.#running = this.#run()
  }

  /** When those that are coming are there. */
  async pause(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  /** Cuts all of them. */
  endAll(): void {
    for (const { connection } of this.#players) connection.end()
    this.#players = []
  }

  /** Counts them as troubles, those that the server closed. */
  check(): void {
    for (const { connection } of this.#players) {
      const why = connection.closed ?? connection.complaint
      if (why !== undefined) this.troubles.push(why)
    }
  }

  async #run(): Promise<void> {
    const { churn, rooms } = this.#options
    const startedMs = performance.now()
    const before = { replaced: this.replaced, rooms: this.roomsMade }
    const coming: Promise<void>[] = []
    while (!this.#isOver) {
      const seconds = (performance.now() - startedMs) / 1000
      while (this.replaced - before.replaced < seconds * churn) {
        const withRoom = this.roomsMade - before.rooms < seconds * rooms
        coming.push(this.#replace(withRoom))
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      if (coming.length > 1000) await Promise.all(coming.splice(0))
    }
    await Promise.all(coming)
  }

  async #replace(withRoom: boolean): Promise<void> {
    this.replaced++
    const oldest = this.#players.shift()
    if (oldest) this.#leave(oldest)
    const player = this.#newPlayer(withRoom ? LASTING_ROOMS + ++this.roomsMade : this.#opened % LASTING_ROOMS)
    this.#players.push(player)
    try {
      await player.connection.ready()
    } catch (error) {
      this.troubles.push(String(error))
      return
    }
    if (withRoom) player.connection.send(broadcast(player))
  }

  /** In turn: with a close frame, without one, out of the room first. */
  #leave({ connection, room, encoding }: Player): void {
    const why = connection.closed ?? connection.complaint
    if (why !== undefined) this.troubles.push(why)
    const way = this.replaced % 3
    if (way === 0) connection.end()
    else {
      if (way === 1)
        connection.send(request(encoding, { eventType: EVENT.roomLeave, payload: { room_id: roomId(room) } }))
      connection.send(CLOSE)
    }
  }

  #newPlayer(room: number): Player {
    const index = this.#opened++
    const encoding = index % 2 === 0 ? 'json' : 'msgpack'
    const dialect = drumbeatDialect({
      apiPathPrefix: '/core/game/v1/real-time',
      encoding,
      token: (index) => this.#server.mint(`player-${index}`),
    })
    return { connection: new Connection({ url: this.#server.url, dialect, index, room }), room, encoding }
  }
}

/** The dialect's name for it. */
function roomId(room: number): string {
  return `load-${room}`
}

function broadcast({ room, encoding }: Player): Buffer {
  const payload = { message: { room }, ...(room % RETAINED_EVERY === 0 ? { retain: true } : {}) }
  return request(encoding, { eventType: EVENT.broadcast, room: roomId(room), payload })
}

function request(encoding: Encoding, envelope: object): Buffer {
  if (encoding === 'json') return dataFrame(JSON.stringify(envelope), false)
  return dataFrame(Buffer.from(encodeMsgpack(envelope)).toString('latin1'), true)
}
