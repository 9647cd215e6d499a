/** A match from its first move to its result, with the game that comes with Drumbeat: real processes, two kinds of clients, and who watches. */
import t, { type Test } from 'tap'
import { WebSocket as Ws } from 'ws'
import { connect, type ClientOptions, type GameRoom } from '../../src/client/index.ts'
import type { TypesIn } from '../../src/client/games.ts'
import type tictactoe from '../../src/samples/tictactoe.ts'
import { startServer } from '../helpers/server.ts'
import { openIo, type IoClient } from '../helpers/socket-io.ts'
import { until } from '../helpers/until.ts'

const JOIN = 'core.game.room.join'
const INPUT = 'core.game.room.input'
const STATUS = 'core.game.room.status'

type Room = GameRoom<TypesIn<typeof tictactoe>>

// The samples are what is set up where nothing is said.
const server = await startServer(t, { GAME_HOSTS: '1' })

/** The client library, and the connection it has. */
async function openPlayer(t: Test, options: Omit<ClientOptions, 'url'>) {
  const sockets: Ws[] = []
  class Cuttable extends Ws {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      sockets.push(this)
    }
  }
  const game = await connect({ url: server.url, WebSocket: Cuttable, ...options })
  t.teardown(() => game.close())
  const cut = async () => {
    const lost = game.once('status')
    sockets.at(-1)?.terminate()
    await lost
  }
  return { game, cut, connections: () => sockets.length }
}

function changesOf(room: Room): unknown[] {
  const changes: unknown[] = []
  room.on('status', (change) => changes.push(change))
  return changes
}

const tokenOf = (user: string | undefined) => (user === undefined ? {} : { token: () => server.mint(user) })
const PLAYERS = {
  private: { loser: 'alice', winner: 'bob', watcher: 'carol' },
  public: { loser: undefined, winner: undefined, watcher: undefined },
} as const

for (const namespace of ['private', 'public'] as const) {
  t.test(`a match to its end, in which the loser was cut off twice: ${namespace}`, async (t) => {
    const users = PLAYERS[namespace]
    const loser = await openPlayer(t, { namespace, ...tokenOf(users.loser) })
    const watcher = await openPlayer(t, { namespace, encoding: 'msgpack', ...tokenOf(users.watcher) })
    const winner = await openIo(t, server, users.winner === undefined ? {} : { user: users.winner })
    const winnerId = String(winner.events('core.game.session.ready')[0]?.payload?.['user_id'])

    const room = await loser.game.play<typeof tictactoe>('tictactoe')
    t.equal(room.seat, loser.game.session?.user_id)
    const watched = await watcher.game.enter<typeof tictactoe>(room.id, { as: 'spectator' })
    t.equal(watched.seat, null)
    const joined = await winner.request(JOIN, { room_id: room.id })
    t.match(joined, { success: true, data: { game: { seat: winnerId, state: { phase: 'playing' } } } })
    const changes = [changesOf(room), changesOf(watched)]
    const sees = (cell: number, mark: string) =>
      until(() => [room, watched].every(({ state }) => state.cells[cell] === mark))
    const answer = async (cell: number) => {
      t.match(await place(winner, room.id, cell), { success: true, data: { tick: Number } })
      t.ok(await sees(cell, 'o'))
    }

    await t.rejects(watched.send.place({ cell: 8 }), { code: 'NOT_IN_ROOM' })
    await room.send.place({ cell: 0 })
    t.match(await place(winner, room.id, 0), { error: { code: 'REFUSED', details: { code: 'TAKEN' } } })
    await loser.cut()
    await answer(4)
    await t.rejects(room.send.place({ cell: 4 }), { code: 'REFUSED', details: { code: 'TAKEN' } })
    await room.send.place({ cell: 1 })
    t.ok(await sees(1, 'x'))
    await loser.cut()
    // Sent without a connection: it waits for the next one.
    const refused = t.rejects(room.send.place({ cell: 8 }), { code: 'REFUSED', details: { code: 'NOT_YOUR_TURN' } })
    await refused
    await answer(2)
    await room.send.place({ cell: 5 })
    t.match(await place(winner, room.id, 6), { success: true })

    const result = { how: 'row', winner: winnerId }
    t.ok(await until(() => room.isOver && watched.isOver && overOf(winner, room.id) !== undefined))
    t.strictSame(room.result, result)
    t.strictSame(watched.result, result)
    t.strictSame(overOf(winner, room.id), result)
    const cells = ['x', 'x', 'o', '', 'o', 'x', 'o', '', '']
    for (const { state } of [room, watched]) t.match(state, { cells, phase: 'over', winner: 'o', how: 'row' })
    for (const told of changes) t.match(told, [{ status: 'over', result }, { status: 'left' }])
    t.equal(loser.connections(), 3)
    t.strictSame(loser.game.rooms, [])
    t.match(await place(winner, room.id, 8), { error: { code: 'ROOM_OVER' } })
  })
}

function place(client: IoClient, room: string, cell: number) {
  return client.request(INPUT, { room, name: 'place', input: { cell } })
}

function overOf(client: IoClient, room: string): unknown {
  return client.events(STATUS).find((event) => event['room'] === room && event.payload?.['status'] === 'over')
    ?.payload?.['result']
}
