/** An operator has a new version of one game run: `POST /api/v1/games/:name/swap`, with real hosts, a real primary, workers and clients in one process. */
import t, { type Test } from 'tap'
import { t as type, type Game } from '../../src/games/index.ts'
import type { GameSwapped } from '../../src/protocol/shapes/games.ts'
import type { Refusal } from '../../src/protocol/errors.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import { adder, DOUBLE, isWhole, type AdderState } from '../helpers/games/adder.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import { realHost } from '../helpers/house/real-host.ts'
import { logInto } from '../helpers/log-lines.ts'

type Swapped = GameSwapped | Refusal['details']

/** What is on the disk: a game, or why it cannot be loaded. */
interface Disk {
  games: readonly Game[]
  /** Nothing is loaded before. */
  isSlow?: Promise<void>
  mistakes?: readonly string[]
}

const chess = adder({ name: 'chess' })
const seats = { max: 1 }
const SECOND = { version: 2, migrate: { 1: (state: AdderState) => state }, ...DOUBLE }

/** A house in which each of the players has a seat in a room of its own. */
async function open(t: Test, first: Game, { hosts = 1, players = 1, env = {} } = {}) {
  const disk: Disk = { games: [first, chess] }
  const startHost = realHost(
    async () => {
      await disk.isSlow
      if (disk.mistakes) throw new Error(disk.mistakes.join('\n'))
      return disk.games
    },
    { log: logInto([]), isChecked: true },
  )
  const opened = await openHouse(t, { startHost, env: { GAME_HOSTS: String(hosts), ...env } })
  const { house } = opened
  const clients = await opened.enterAll(...Array.from({ length: players }, (_, i) => `player-${i}`))
  const all = await Promise.all(
    clients.map(async (client) => {
      const room = String((await client.ask(GAME.find, { game: 'adder' })).data?.['room_id'])
      const add = async (by: number) => {
        const { data, error } = await client.ask(GAME.input, { name: 'add', input: { by } }, { room })
        return data?.['value'] ?? error?.code
      }
      return { client, room, add }
    }),
  )
  const [one] = all
  if (!one) throw new Error('nobody plays')
  const swap = async (game = 'adder'): Promise<Swapped & { readonly code?: string; readonly message?: string }> => {
    try {
      return await house.ask('gameSwap', { game })
    } catch (thrown) {
      const { code, message, details } = thrown as Refusal
      return { code, message, ...details }
    }
  }
  const living = () => house.hosts.filter(({ hasEnded }) => !hasEnded).length
  return { ...opened, ...one, all, disk, swap, living }
}

const statusesOf = (client: Parameters<typeof payloadsOf>[0]) =>
  payloadsOf(client, GAME.status).map((payload) => payload?.['status'])

t.test('the new version runs in all rooms, and it is said which versions, and how many rooms', async (t) => {
  const { all, disk, swap, pass, living, house } = await open(t, adder({ seats }), { hosts: 2, players: 5 })
  for (const { add } of all) t.equal(await add(3), 3)
  disk.games = [adder({ seats, ...SECOND }), chess]
  t.strictSame(await swap(), {
    game: 'adder',
    version_before: 1,
    version: 2,
    is_changed: true,
    rooms_swapped: 5,
    rooms_stayed: 0,
  })
  for (const { client, room, add } of all) {
    t.equal(await add(1), 5, 'it goes on with the state')
    await pass(100)
    t.ok(isWhole(client, room))
    t.strictSame(statusesOf(client), ['restarted'])
  }
  t.equal(living(), 2)
  t.match(await house.ask('games', null), { items: [{ name: 'adder', version: 2 }, { name: 'chess' }] })
  t.match(await swap(), { version_before: 2, version: 2, is_changed: false, rooms_swapped: 5 }, 'once more is no harm')
})

t.test('a game that nobody plays is swapped, too', async (t) => {
  const { disk, swap, enter } = await open(t, adder())
  const newer = adder({ name: 'chess', version: 2, ...DOUBLE })
  disk.games = [disk.games[0] ?? chess, newer]
  t.match(await swap('chess'), { version_before: 1, version: 2, is_changed: true, rooms_swapped: 0, rooms_stayed: 0 })
  const bob = await enter('bob')
  const room = String((await bob.ask(GAME.find, { game: 'chess' })).data?.['room_id'])
  t.match(await bob.ask(GAME.input, { name: 'add', input: { by: 4 } }, { room }), { data: { value: 8 } })
})

interface Bad {
  readonly what: string
  readonly disk: Disk
  readonly says: object
}

const first = adder()
const bad: readonly Bad[] = [
  {
    what: 'a file that cannot be read as code',
    disk: { games: [], mistakes: ['adder.ts:3: SyntaxError: no', 'adder.ts:9: and more'] },
    says: { code: 'GAME_FAILED', version: null, mistakes: ['adder.ts:3: SyntaxError: no', 'adder.ts:9: and more'] },
  },
  {
    what: 'a file that has another game',
    disk: { games: [adder({ name: 'subtracter' }), chess] },
    says: {
      code: 'GAME_FAILED',
      version: null,
      mistakes: ['there is no game "adder" any more: it was in /games/adder.ts'],
    },
  },
  {
    what: 'a version without migrate',
    disk: { games: [adder({ version: 2 }), chess] },
    says: { code: 'GAME_FAILED', version: 2, mistakes: [/^adder: .*migrate has no step from 1/] },
  },
  {
    what: 'types that do not fit the state',
    disk: { games: [adder({ state: type.object({ sum: type.uint32(), lives: type.uint8() }) }), chess] },
    says: { code: 'GAME_FAILED', version: 1, mistakes: [/^adder: .*raise it to 2/] },
  },
  {
    what: 'first ticks that throw',
    disk: { games: [adder({ tick: (state: { no: { such: number } }) => state.no.such }), chess] },
    says: { code: 'GAME_FAILED', version: 1, mistakes: [/^adder: tick threw TypeError.*game-swap-rest\.test\.ts:/] },
  },
  {
    what: 'another game that has changed, too',
    disk: { games: [adder(SECOND), adder({ name: 'chess' })] },
    says: {
      code: 'CONFLICT',
      version: null,
      mistakes: ['other games have changed, too (chess): a reload takes all of them'],
    },
  },
  {
    what: 'other games that are new, and gone',
    disk: { games: [adder(SECOND), adder({ name: 'go' })] },
    says: { code: 'CONFLICT', mistakes: [/\(chess, go\)/] },
  },
]

for (const { what, disk: next, says } of bad) {
  t.test(`${what}: it is said why, nobody notices, and what is right then is taken`, async (t) => {
    const { client, room, add, disk, swap, pass, living } = await open(t, first)
    await add(3)
    Object.assign(disk, next)
    const said = await swap()
    t.match(said, { ...says, game: 'adder', version_before: 1, rooms_swapped: 0, rooms_stayed: 1 })
    t.match(said['message'], /^"adder" was not swapped, and all goes on as before: /)
    t.equal(await add(1), 4)
    await pass(500)
    t.ok(isWhole(client, room))
    t.strictSame(statusesOf(client), [])
    t.equal(living(), 1)
    Object.assign(disk, { games: [adder(SECOND), chess], mistakes: undefined })
    t.match(await swap(), { version: 2, rooms_swapped: 1 })
    t.equal(await add(1), 6)
  })
}

t.test('what cannot be swapped now is refused at once, and nothing is started for it', async (t) => {
  const { house, add, disk, swap, pass } = await open(t, adder(), { hosts: 2 })
  disk.games = [adder(SECOND), chess]
  t.match(await swap('nothing'), { code: 'GAME_NOT_FOUND' })
  const running = swap()
  await pass(10)
  const spawned = house.hosts.length
  t.match(await swap(), { code: 'CONFLICT', message: /replacing the hosts already/ }, 'while it is swapped')
  t.match(await swap('chess'), { code: 'CONFLICT' }, 'while another is')
  t.match(await running, { version: 2, rooms_swapped: 1 })
  t.equal(await add(1), 2)
  const before = house.hosts.length
  const slow = Promise.withResolvers<void>()
  disk.isSlow = slow.promise
  house.hosts.find(({ hasEnded }) => !hasEnded)?.kill()
  await house.time.until(() => house.hosts.length > before, 10_000)
  t.match(await swap(), { code: 'UNAVAILABLE', retry_after_ms: 1_000 }, 'while a host is started')
  slow.resolve()
  await house.time.until(() => house.node.hostSupervisor.health.missing === 0, 10_000)
  t.equal(house.hosts.length, before + 1)
  t.ok(spawned < before)
  t.match(await swap(), { version: 2, rooms_swapped: 1 })
  t.equal(await add(1), 4)
  const reloading = house.node.reload.run()
  t.match(await swap(), { code: 'CONFLICT' }, 'while a reload is under way')
  await house.time.settle(reloading)
})

t.test('where a later host goes back, it is said how many rooms have which version', async (t) => {
  const { all, disk, swap, house, pass } = await open(t, adder({ seats }), { hosts: 2, players: 3 })
  const newer = adder({
    ...SECOND,
    seats,
    tick(state: AdderState) {
      if (state.sum === 14) throw new Error('not fourteen')
      state.ticks++
    },
  })
  const isOfFirst = await Promise.all(
    all.map(async ({ room }) => (await house.ask('gameRoom', { room: room as RoomId })).host === 1),
  )
  const early = all.filter((_player, i) => isOfFirst[i])
  const late = all.filter((_player, i) => !isOfFirst[i])
  disk.games = [newer, chess]
  const swapping = swap()
  await house.time.until(() => all.every(({ client }) => statusesOf(client).includes('restarted')), 10_000)
  t.equal(await late[0]?.add(7), 14)
  const said = await swapping
  t.match(said, {
    code: 'GAME_FAILED',
    version_before: 1,
    version: 2,
    rooms_swapped: early.length,
    rooms_stayed: late.length,
    mistakes: [/^adder: tick threw Error: not fourteen/],
    message: /in a part of its rooms/,
  })
  await pass(500)
  for (const player of all) {
    t.equal(await player.add(100), early.includes(player) ? 200 : player === late[0] ? 107 : 100)
    t.ok(isWhole(player.client, player.room))
  }
  const second = adder({ ...SECOND, seats })
  disk.games = [second, chess]
  // The other one has the old version, to which no room goes back: it waits for the host that is started.
  house.hosts[2]?.kill()
  for (const player of all) t.type(await player.add(1), 'number')
  t.match(await swap(), { version_before: 2, version: 2, rooms_swapped: 3 }, 'what is right then is taken by all')
  for (const { client, room } of all) t.ok(isWhole(client, room))
})

t.test('files that change again between two hosts are noticed', async (t) => {
  const { all, disk, swap, house } = await open(t, adder({ seats }), { hosts: 2, players: 2 })
  disk.games = [adder({ seats, ...SECOND }), chess]
  const swapping = swap()
  await house.time.until(() => all.some(({ client }) => statusesOf(client).length > 0), 10_000)
  disk.games = [adder({ seats, ...SECOND, version: 3, migrate: { 2: (state: AdderState) => state } }), chess]
  t.match(await swapping, {
    code: 'CONFLICT',
    rooms_swapped: 1,
    rooms_stayed: 1,
    mistakes: ['the files of "adder" were changed while it was swapped'],
  })
})
