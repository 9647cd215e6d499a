import type { Test } from 'tap'
import { loadCodec } from '../../../src/client/load-codec.ts'
import type { TypesIn } from '../../../src/client/games.ts'
import {
  connect,
  type ClientOptions,
  type GameClient,
  type GameRoom,
  type RoomChange,
  type WebSocketConstructor,
} from '../../../src/client/index.ts'
import type { Game, GameTypes } from '../../../src/games/define.ts'
import type { OpenArgs } from '../../../src/link/methods/games.ts'
import type { Namespace, RoomId } from '../../../src/protocol/ids.ts'
import type { House, HouseOptions } from '../house/house.ts'
import { openHouse, type OpenHouse } from '../house/open-house.ts'
import { realHost } from '../house/real-host.ts'
import { Wire } from '../house/socket.ts'
import { frozen, Witness, type SeenRoom } from './witness.ts'

// Loaded before the clock is simulated, because reading a file takes real time.
await loadCodec('msgpack')

const AS_REST = {
  namespace: 'private' as Namespace,
  options: {},
  isLocked: false,
  password: null,
  idempotencyKey: null,
}
const AT_ONCE = { clientMs: 1, serverMs: 1 }

export interface Players extends OpenHouse {
  /** Compares what all clients saw of each room in each tick. */
  readonly witness: Witness
  /** Connects the client library as this user. */
  readonly player: (user: string, options?: Partial<ClientOptions>) => Promise<Player>
  /** Makes a room as REST does. Resolves to its id. */
  readonly make: (game: string, more?: Partial<OpenArgs>) => Promise<string>
  readonly settle: <T>(promise: Promise<T>) => Promise<T>
  readonly until: (condition: () => boolean) => Promise<void>
  /** Looks at each room in its host. Fails unless every client in it sees the same, or does so in a moment. */
  readonly allSee: (t: Test, rooms: readonly SeenRoom[]) => Promise<void>
}

/** A house with real hosts for these games, and the client library. */
export async function openPlayers(
  t: Test,
  games: readonly Game[] | (() => readonly Game[]),
  options: HouseOptions = {},
): Promise<Players> {
  const opened = await openHouse(t, {
    ...options,
    startHost: realHost(games),
    env: { GAME_HOSTS: '2', ...options.env },
  })
  return { ...opened, ...playersOf(opened.house) }
}

/** Those who play at a house. */
export function playersOf(house: House): Pick<Players, 'witness' | 'settle' | 'until' | 'player' | 'make' | 'allSee'> {
  const witness = new Witness()
  const settle = <T>(promise: Promise<T>) => house.time.settle(promise)
  const until = async (condition: () => boolean) => {
    if (!(await house.time.until(condition, 60_000))) throw new Error('waited in vain')
  }
  return {
    witness,
    settle,
    until,
    player: (user, more) => settle(Player.open(house, witness, { user, ...more })),
    make: async (game, more = {}) => {
      const { room_id } = await house.ask('gameRoomOpen', { ...AS_REST, game, ...more })
      return room_id
    },
    allSee: async (t, rooms) => {
      for (const room of rooms) {
        const { tick, state } = await house.ask('gameRoom', { room: room.id as RoomId })
        await until(() => room.tick >= tick)
        t.strictSame(witness.at(room.id, tick) ?? room.state, frozen(state), `${room.seat} in ${room.id}`)
      }
      t.strictSame(witness.wrong, [])
    },
  }
}

/** A player with the client library. Its connections can be cut, and its machine can be put to sleep. */
export class Player {
  readonly user: string
  readonly wires: Wire[] = []
  /** The changes that each room reported, in order. */
  readonly changes: RoomChange[] = []
  readonly #witness: Witness
  #client: GameClient | undefined
  #isAsleep = false

  private constructor(witness: Witness, user: string) {
    this.#witness = witness
    this.user = user
  }

  static async open(
    house: House,
    witness: Witness,
    { user, ...options }: Partial<ClientOptions> & { readonly user: string },
  ): Promise<Player> {
    const player = new Player(witness, user)
    const make = house.network.webSocket((wire) => player.wires.push(wire))
    function Socket(endpoint: string, protocols: string[]) {
      return player.#isAsleep ? unreachable() : new make(endpoint, protocols)
    }
    player.#client = await connect({
      url: house.url,
      namespace: 'private',
      token: () => house.mint(user),
      reconnect: { baseMs: 50, maxMs: 200 },
      WebSocket: Socket as unknown as WebSocketConstructor,
      ...options,
    })
    return player
  }

  get client(): GameClient {
    if (!this.#client) throw new Error(`${this.user} is not connected`)
    return this.#client
  }

  play<G>(game: string, options?: Parameters<GameClient['play']>[1]): Promise<GameRoom<TypesIn<G>>> {
    return this.client.play<G>(game, options as never).then((room) => this.#watched(room))
  }

  enter<G>(room: string, options?: Parameters<GameClient['enter']>[1]): Promise<GameRoom<TypesIn<G>>> {
    return this.client.enter<G>(room, options).then((room) => this.#watched(room))
  }

  /** Cuts the connection. Both sides notice at once. */
  cut(): void {
    this.wires.at(-1)?.cut(AT_ONCE)
  }

  /** From now on nothing leaves this machine and nothing reaches it. The server notices when its own timeouts end. */
  sleep(): void {
    this.#isAsleep = true
    this.wires.at(-1)?.cut({ clientMs: Infinity, serverMs: Infinity })
  }

  wake(): void {
    this.#isAsleep = false
    this.wires.at(-1)?.client.closed(1006, '')
  }

  #watched<Types extends GameTypes>(room: GameRoom<Types>): GameRoom<Types> {
    this.#witness.watch(this.user, room)
    room.on('status', (change) => this.changes.push(change as RoomChange))
    return room
  }
}

function unreachable() {
  const wire = new Wire(() => 1)
  setTimeout(() => {
    wire.client.emit('error')
    wire.client.closed(1006, '')
  }, 1)
  return wire.client
}
