/**
 * `npm run prove -- game-desync`: states that go apart are noticed. A client of the library is made to lose a change, or a whole patch, ROUNDS=20
 * times each: it knows within a second, and has the right state again. Two games keep something outside of their state: when their host is
 * killed (KILLS=5 times each), some 500 ms behind a checkpoint, the next one says so, and `fuzz` of the kit finds both before they are ever played.
 */
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { connect, type GameRoom } from '../../src/client/index.ts'
import type { Game } from '../../src/games/define.ts'
import { fuzz } from '../../src/games/testing/index.ts'
import { differenceOf } from '../../src/games/difference.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { gameFile, LOAD_ENV, openPlayers, openRooms, playAll } from './games/crowd.ts'
import leaky from './games/leaky-game.ts'
import { killHost } from './games/node-processes.ts'
import ordered from './games/ordered-game.ts'
import { Tampering } from './games/tampering.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const KILLS = Number(process.env['KILLS'] ?? 5)
const FOUND_MS_MAX = 1_000
const HZ = 20
const WAIT_MS_MAX = 20_000

t.setTimeout(300_000)

t.test('a client that loses something knows it within a second, and is right again', async (t) => {
  const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile('movers'), GAME_HOSTS: '1' })
  const [room = ''] = await openRooms(server, 'movers', 1)
  const players = await openPlayers(
    t,
    [0, 1].map((i) => ({ server, name: `p-${i}`, room, encoding: 'json' as const, isMirror: true })),
  )
  const tampering = new Tampering(WebSocket)
  const token = () => server.mint('library')
  const client = await connect({ url: server.url, namespace: 'private', token, WebSocket: tampering.webSocket })
  t.teardown(() => client.close())
  const joined: GameRoom = await client.enter(room)
  let turns = 0
  for (const what of ['change', 'patch'] as const) {
    const took: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { lost, asked, before } = await loseOne(joined, tampering, what, () =>
        players[0]?.steer(130 + (turns++ % 100), 140),
      )
      took.push(asked - lost)
      await holdsWithin(() => joined.tick > before.tick, WAIT_MS_MAX)
      if (round === 0) t.comment(`${what}: ${differenceOf(before.state, joined.state) ?? 'no difference'}`)
    }
    t.equal(took.length, ROUNDS, `valid: ${ROUNDS} times a ${what} was lost`)
    t.ok(
      took.every((ms) => ms <= FOUND_MS_MAX),
      `a ${what}: known after ${Math.max(...took).toFixed(0)} ms at most, of ${FOUND_MS_MAX}`,
    )
  }
  const [mirror] = players
  const same = await holdsWithin(
    () => mirror?.tick === joined.tick && differenceOf(mirror.state, joined.state) === undefined,
    WAIT_MS_MAX,
  )
  t.ok(same, 'in the end it has what the others have')
  t.strictSame(
    players.flatMap(({ hashesWrong }) => hashesWrong),
    [],
    'and those were right all the time',
  )
})

interface Lost {
  readonly lost: number
  readonly asked: number
  /** What the client had when it asked. */
  readonly before: { readonly tick: number; readonly state: unknown }
}

async function loseOne(
  room: GameRoom,
  tampering: Tampering,
  what: 'change' | 'patch',
  turn: () => void,
): Promise<Lost> {
  const asking = tampering.nextSnapshotRequest(() => ({ tick: room.tick, state: room.state }))
  const losing = tampering.lose(what)
  turn()
  const lost = await losing
  const { atMs, seen } = await asking
  return { lost, asked: atMs, before: seen }
}

for (const game of [leaky, ordered] as const) {
  t.test(`${game.name}: what is kept outside of the state shows when the host is replaced`, async (t) => {
    const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile(game.name), GAME_HOSTS: '1' })
    const found: number[] = []
    for (let kill = 1; kill <= KILLS; kill++) {
      const [room = ''] = await openRooms(server, game.name, 1)
      const [player] = await openPlayers(t, [{ server, name: `p-${kill}`, room, encoding: 'json' }])
      if (!player) throw new Error('nobody plays')
      const stopPlaying = playAll([player])
      const { tick } = player
      // Between two checkpoints, which are made with each second: right behind one there is no hash to be held against yet.
      await holdsWithin(() => player.tick > tick + 50 && player.tick % HZ >= HZ / 2, WAIT_MS_MAX)
      killHost(server)
      t.ok(await holdsWithin(() => player.statuses.length > 0, WAIT_MS_MAX), 'valid: the room goes on in another host')
      const restoredMs = performance.now()
      if (await holdsWithin(() => complaints(server, room).length > 0, FOUND_MS_MAX))
        found.push(performance.now() - restoredMs)
      stopPlaying()
    }
    const [line] = complaints(server)
    if (line) t.comment(`it is said as: ${JSON.stringify(line)}`)
    t.equal(found.length, KILLS, `found within ${FOUND_MS_MAX} ms of the restart, each time`)
  })

  t.test(`${game.name}: fuzz finds it`, async (t) => fuzzes(t, game))
}

function fuzzes(t: Test, game: Game): void {
  try {
    fuzz(game, { seeds: 3 })
    t.fail('it has found nothing')
  } catch (error) {
    t.match(String(error), /replay|state/i)
    t.comment(String(error).split('\n').slice(0, 3).join(' | '))
  }
}

function complaints(server: TestServer, room?: string): ReturnType<TestServer['logs']> {
  const all = server.logs().filter(({ msg }) => /another state in its replay/.test(String(msg)))
  return all.filter((line) => room === undefined || line['room'] === room)
}
