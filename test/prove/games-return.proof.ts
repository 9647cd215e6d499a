/**
 * `npm run prove -- games-return`: KILLS=12 times SIGKILL for the primary, and with it for the whole node, under PLAYERS=200 in 50 rooms of 20 ticks a second.
 * Every input that was acknowledged is there, each tick has one state whoever sees it, before a death or behind it, and rooms are back 3 s after the start.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connect } from '../../src/client/index.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { gameFile, LOAD_ENV } from './games/crowd.ts'
import { ReturningPlayer, type Seen } from './games/returning-player.ts'
import type tally from './games/tally-game.ts'

const KILLS = Number(process.env['KILLS'] ?? 12)
const PLAYERS = Number(process.env['PLAYERS'] ?? 200)
const SEATS = 4
const ROOMS = Math.ceil(PLAYERS / SEATS)
/** How long they play between two deaths. */
const PLAY_MS = 4_000
const BACK_MS_MAX = 3_000
const BACK = 'rooms with games have come back'
const ENV = { ...LOAD_ENV, WORKERS: '2', GAME_HOSTS: '2', GAMES: gameFile('tally') }

t.setTimeout(3_600_000)

t.test(`${KILLS} deaths of the primary under ${PLAYERS} players in ${ROOMS} rooms`, async (t) => {
  const server = await startServer(t, ENV)
  const seen: Seen = new Map()
  const players: ReturningPlayer[] = []
  for (let i = 0; i < PLAYERS; i++) {
    const user = `player-${i}`
    const client = await connect({
      url: server.url,
      namespace: 'private',
      token: () => server.mint(user),
      encoding: i % 2 === 0 ? 'json' : 'msgpack',
    })
    t.teardown(() => client.close())
    players.push(new ReturningPlayer(user, client, await client.play<typeof tally>('tally'), seen))
  }
  t.equal(new Set(players.map(({ room }) => room.id)).size, ROOMS)
  const playing = { goesOn: true }
  const played = players.map((player) => player.play(() => playing.goesOn))
  const backMs: number[] = []
  const gapsMs: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(PLAY_MS * (0.5 + Math.random()))
    for (const player of players) player.takeGap()
    const states = new Map(players.map((player) => [player, player.states]))
    await server.kill()
    const startedMs = Date.now()
    await server.restart()
    t.ok(await until(() => backLines(server).length > kill), `back after death ${kill + 1}`)
    backMs.push(Date.parse(String(backLines(server).at(-1)?.['time'])) - startedMs)
    t.ok(
      await until(() => players.every((player) => player.states > (states.get(player) ?? 0) + SEATS)),
      'all players go on',
    )
    for (const player of players) {
      player.look()
      gapsMs.push(player.takeGap())
    }
  }
  playing.goesOn = false
  await Promise.all(played)
  await sleep(1_000)
  for (const player of players) player.look()
  const sum = (count: (player: ReturningPlayer) => number) => players.reduce((total, each) => total + count(each), 0)
  const wrong = players.flatMap((player) => player.wrong)
  t.comment(
    `${sum(({ sent }) => sent)} inputs, ${sum(({ done }) => done)} acknowledged, ${sum(({ unknown }) => unknown)} with an unknown outcome; ` +
      `${sum(({ states }) => states)} states seen of ${seen.size} ticks`,
  )
  t.comment(`rooms were back after the start of the node: ${describe(backMs)}`)
  t.comment(`players were without a state for: ${describe(gapsMs)}, the death, its notice and the start included`)
  t.strictSame(wrong.slice(0, 10), [], `${wrong.length} wrong`)
  t.strictSame(
    server.logs().filter(({ msg }) => String(msg).startsWith('a room came to another state')),
    [],
    'each replay came to the same hash',
  )
  t.strictSame(
    backLines(server).map(({ rooms }) => rooms),
    Array.from({ length: KILLS }, () => ROOMS),
    'all rooms were back each time',
  )
  t.ok(Math.max(...backMs) <= BACK_MS_MAX, `within ${BACK_MS_MAX} ms`)
  t.ok(KILLS >= 10, 'valid: enough deaths')
})

function backLines(server: TestServer) {
  return server.logs().filter(({ msg }) => msg === BACK)
}

function describe(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`
}
