/** New code of a game takes over from the old one: real hosts, a real primary, workers and clients in one process. */
import t from 'tap'
import { loadCodec } from '../../src/client/load-codec.ts'
import { connect } from '../../src/client/index.ts'
import { defineGame, t as type, type Game, type TypesOf } from '../../src/games/index.ts'
import { adder, DOUBLE, isWhole, type AdderState } from '../helpers/games/adder.ts'
import { GAME, openGames, payloadsOf } from '../helpers/games/open-games.ts'
import type { House } from '../helpers/house/house.ts'
import { Mirror } from '../helpers/house/mirror.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'
import { logInto, type LogLine } from '../helpers/log-lines.ts'

// Loaded before the clock is simulated: reading a file takes real time.
await loadCodec('msgpack')

interface Swapping extends OpenHouse {
  readonly alice: PlainClient
  readonly room: string
  /** Of the hosts' log. */
  readonly lines: readonly LogLine[]
  /** Resolves to the value of the reply. */
  readonly add: (by: number) => Promise<unknown>
  /** Replaces the hosts by such that have this game. Resolves to why not; undefined: it is done. */
  readonly swap: (game: Game, meanwhile?: () => Promise<void>) => Promise<string | undefined>
}

/** A house in which alice has a seat in a room of the game. */
async function openSwapping(t: Parameters<typeof openHouse>[0], first: Game, hosts = 1): Promise<Swapping> {
  let game = first
  const lines: LogLine[] = []
  const startHost = realHost(() => [game], { log: logInto(lines), isChecked: true })
  const opened = await openHouse(t, { startHost, env: { GAME_HOSTS: String(hosts) } })
  const { house, enter } = opened
  const alice = await enter('alice')
  const room = String((await alice.ask(GAME.find, { game: 'adder' })).data?.['room_id'])
  return {
    ...opened,
    alice,
    room,
    lines,
    add: async (by) => {
      const { data, error } = await alice.ask(GAME.input, { name: 'add', input: { by } }, { room })
      return data?.['value'] ?? error?.code
    },
    swap: async (next, meanwhile = async () => {}) => {
      const before = game
      game = next
      const rolled = roll(house)
      await meanwhile()
      const why = await house.time.settle(rolled)
      if (why !== undefined) game = before
      return why
    },
  }
}

function roll(house: House): Promise<string | undefined> {
  const options = { withinMs: 10_000, graceMs: 0, onReplaced: () => {} }
  return house.node.hostSupervisor.roll(options).then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  )
}

const statuses = (client: PlainClient) => payloadsOf(client, GAME.status).map((payload) => payload?.['status'])

t.test('new code goes on with the state, the seats and the ticks of the old one', async (t) => {
  const { house, alice, room, add, swap, pass } = await openSwapping(t, adder())
  t.equal(await add(3), 3)
  let sum = 3
  // Whoever adds while it happens is answered by one or the other.
  const why = await swap(adder(DOUBLE), async () => {
    for (let i = 0; i < 100; i++) {
      const value = Number(await add(1))
      t.ok(value === sum + 1 || value === sum + 2, `${value} after ${sum}`)
      sum = value
    }
  })
  t.equal(why, undefined)
  t.equal(await add(5), sum + 10)
  await pass(500)
  t.ok(isWhole(alice, room))
  t.strictSame(statuses(alice), ['restarted'])
  t.equal(house.hosts.filter(({ hasEnded }) => !hasEnded).length, 1)
})

/** What clients know of the second version. */
type Named = TypesOf<typeof named>

const named = defineGame({
  name: 'adder',
  version: 2,
  hz: 20,
  seats: { max: 8 },
  state: type.object({ label: type.string(10), sum: type.float64(), ticks: type.uint32() }),
  inputs: { name: { type: type.string(10) }, add: { type: type.object({ by: type.uint16() }) } },
  create: () => ({ label: '', sum: 0, ticks: 0 }),
  on: {
    name: (state, _seat, label) => void (state.label = label),
    add: (state, _seat, { by }, inside) => inside.reply((state.sum += by)),
  },
  tick: (state) => void state.ticks++,
  migrate: { 1: (old) => ({ label: 'old', ...(old as unknown as AdderState) }) },
})

t.test('a new version migrates the state, and clients in both encodings learn its types and inputs', async (t) => {
  const { house, alice, room, add, swap, pass } = await openSwapping(t, adder())
  const bob = await house.time.settle(
    connect({
      url: house.url,
      namespace: 'private',
      token: house.mint('bob'),
      encoding: 'msgpack',
      WebSocket: house.network.webSocket(() => {}),
    }),
  )
  const seen = await house.time.settle(bob.enter<Named>(room))
  await add(200)
  t.equal(await swap(named), undefined)
  t.equal(await add(1_000), 1_200)
  await house.time.settle(seen.send.name('new'))
  await pass(500)
  t.match(seen.state, { label: 'new', sum: 1_200 })
  t.match(seen.game, { version: 2 })
  t.match(Mirror.of(alice.frames, room).state, { label: 'new', sum: 1_200 })
  t.ok(isWhole(alice, room))
  t.match((await alice.ask(GAME.list, { game: 'adder' })).data, { rooms: [{ seats_max: 8 }] })
  bob.close()
})

/** A state that is none of the game's. */
interface Wrong {
  readonly no: { readonly such: number }
}

const other = type.object({ sum: type.uint8(), ticks: type.uint32(), lives: type.uint8() })
const broken: readonly (readonly [what: string, game: Game, says: RegExp])[] = [
  [
    'whose types do not fit',
    adder({ state: other }),
    /^adder: the state of the room does not fit the game any more: .*lives.* Both are version 1: raise it to 2, and say what a state becomes: migrate: \{ 1: \(old\) => … \}$/,
  ],
  ['without a migrate', adder({ version: 2 }), /^adder: .*migrate has no step from 1/],
  [
    'whose migrate throws',
    adder({ version: 2, migrate: { 1: () => JSON.parse('{') as never } }),
    /^adder: migrate\.1 threw SyntaxError.*game-swap\.test\.ts:\d+:\d+\)$/,
  ],
  [
    'whose migrate gives what does not fit',
    adder({ version: 2, migrate: { 1: () => ({ sum: -1, ticks: 0 }) } }),
    /^adder: what migrate made of the room's state does not fit version 2: sum: must be/,
  ],
  [
    'whose first ticks throw',
    adder({ tick: (state: Wrong) => state.no.such }),
    /^adder: tick threw TypeError: .*undefined.* \(.*game-swap\.test\.ts:\d+:\d+\)$/,
  ],
  [
    'whose view throws',
    adder({ view: { key: () => 'all', of: (state: Wrong) => state.no.such } }),
    /^adder: view threw TypeError/,
  ],
  [
    'whose listing changes the state',
    adder({ listing: (state: AdderState) => state.sum++ }),
    /^adder: listing threw TypeError: listing has changed the state/,
  ],
  [
    'under another name',
    adder({ name: 'subtracter' }),
    /^adder: there is no such game any more, and it is played in a room$/,
  ],
]

for (const [what, game, says] of broken) {
  t.test(`code ${what} changes nothing: nobody notices, and it is said why`, async (t) => {
    const { alice, room, add, swap, pass, house } = await openSwapping(t, adder())
    await add(3)
    t.match(await swap(game), says)
    t.equal(await add(1), 4)
    await pass(500)
    t.ok(isWhole(alice, room))
    t.strictSame(statuses(alice), [])
    t.equal(house.hosts.filter(({ hasEnded }) => !hasEnded).length, 1)
    t.equal(await swap(adder(DOUBLE)), undefined, 'what is right then is taken')
    t.equal(await add(1), 6)
  })
}

t.test('a version never goes back', async (t) => {
  const { swap } = await openSwapping(t, adder({ version: 2 }))
  t.match(
    await swap(adder()),
    /^adder: the room is of version 2, and the game is version 1: a version never goes back$/,
  )
})

t.test('code that fails only when something comes in is taken back, with all that has come in', async (t) => {
  const { alice, room, lines, add, swap, pass } = await openSwapping(t, adder())
  await add(3)
  let sum = 3
  const failing = adder({
    ...DOUBLE,
    tick(state: AdderState) {
      if (state.sum > 7) throw new RangeError(`too much: ${state.sum}`)
      state.ticks++
    },
  })
  const why = await swap(failing, async () => {
    // The old one does not run any more.
    while (statuses(alice).length === 0) await pass(5)
    t.equal(await add(1), 5)
    t.equal(await add(1), 7)
    t.equal(await add(1), 9)
    sum = 6
  })
  t.match(why, /^adder: tick threw RangeError: too much: 9 \(.*game-swap\.test\.ts:\d+:\d+\) in tick \d+$/)
  t.equal(await add(1), sum + 1, 'what was answered is in the old one, as that counts it')
  await pass(500)
  t.ok(isWhole(alice, room), 'and each tick has run once')
  t.strictSame(statuses(alice), ['restarted', 'restarted'])
  const wrong = lines.filter(({ message }) => message !== 'a game failed')
  t.strictSame(wrong, [], 'that the old code counts otherwise is no mistake of it')
})

t.test('a room that the new code has made is kept, where the old one can go on with it', async (t) => {
  const { alice, enter, add, swap, pass } = await openSwapping(t, adder({ seats: { max: 1 } }))
  await add(1)
  const bob = await enter('bob')
  let made = ''
  const failing = adder({
    seats: { max: 1 },
    tick(state: AdderState) {
      if (state.sum > 1) throw new Error('no')
    },
  })
  const why = await swap(failing, async () => {
    while (statuses(alice).length === 0) await pass(5)
    made = String((await bob.ask(GAME.find, { game: 'adder' })).data?.['room_id'])
    await add(1)
  })
  t.match(why, /^adder: tick threw Error: no/)
  t.match(await bob.ask(GAME.input, { name: 'add', input: { by: 7 } }, { room: made }), { data: { value: 7 } })
  await pass(2_000)
  t.strictSame(statuses(bob), ['restarted'])
})

t.test('another tick rate begins where the room is', async (t) => {
  for (const [from, to] of [
    [20, 60],
    [20, 10],
    [20, 0],
    [0, 20],
  ] as const) {
    const timed = (hz: number) =>
      adder({
        hz,
        tick: hz === 0 ? undefined : (state: AdderState) => void state.ticks++,
        timers: { late: (state: AdderState) => void (state.sum = 1_000) },
        create(_options: unknown, room: { afterMs(ms: number, timer: string): void }) {
          room.afterMs(10_000, 'late')
          return { sum: 0, ticks: 0 }
        },
      })
    const { alice, room, add, swap, pass, house } = await openSwapping(t, timed(from))
    await pass(5_000)
    t.equal(await add(1), 1)
    t.equal(await swap(timed(to)), undefined, `${from} to ${to}`)
    const { tick } = Mirror.of(alice.frames, room)
    await pass(2_000)
    t.equal(await add(1), 2)
    const ticks = Mirror.of(alice.frames, room).tick - tick
    if (to > 0) t.ok(Math.abs(ticks - 2 * to) <= 2, `${ticks} ticks in 2 s at ${to} Hz`)
    else t.equal(ticks, 1)
    t.equal(statuses(alice).filter((status) => status === 'paused').length, 0)
    await pass(5_000)
    t.match(Mirror.of(alice.frames, room).state, { sum: 1_000 }, 'the timer was due then')
    await house.close()
  }
})

t.test('a successor that dies, in its rehearsal or later, leaves the rooms to the old one', async (t) => {
  const { alice, room, add, swap, pass, house } = await openSwapping(t, adder())
  await add(3)
  const newest = () => house.hosts.at(-1)
  const kill = () => newest()?.kill({ why: 'time', handle: 1, game: 'adder', callback: 'tick', tick: 7, ranMs: 500 })
  t.match(
    await swap(adder(DOUBLE), async () => {
      await house.time.until(() => house.hosts.length === 2, 1_000)
      kill()
    }),
    /^host 2 ended/,
  )
  t.strictSame(statuses(alice), [])
  t.equal(await add(1), 4)
  const why = await swap(adder(DOUBLE), async () => {
    while (statuses(alice).length === 0) await pass(5)
    t.equal(await add(1), 6)
    kill()
  })
  t.match(why, /^host 3 ended: SIGKILL/)
  t.equal(await add(1), 6, 'the old one counts once what the new one counted twice')
  await pass(500)
  t.ok(isWhole(alice, room))
  t.equal(house.hosts.filter(({ hasEnded }) => !hasEnded).length, 1)
})

t.test('an old host that dies while it waits leaves the rooms to the new one', async (t) => {
  const { alice, room, add, swap, pass, house } = await openSwapping(t, adder())
  await add(3)
  const why = await swap(adder(DOUBLE), async () => {
    while (statuses(alice).length === 0) await pass(5)
    house.hosts[0]?.kill()
    t.equal(await add(1), 5)
  })
  t.equal(why, undefined)
  t.equal(await add(1), 7)
  await pass(500)
  t.ok(isWhole(alice, room))
  t.strictSame(statuses(alice), ['restarted'])
  t.equal(house.hosts.filter(({ hasEnded }) => !hasEnded).length, 1)
})

t.test('two hosts are replaced: all rooms are tried before any of them moves', async (t) => {
  const { alice, enter, add, swap, house } = await openSwapping(t, adder({ seats: { max: 1 } }), 2)
  const bob = await enter('bob')
  await bob.ask(GAME.find, { game: 'adder' })
  await add(5)
  const bad = adder({
    seats: { max: 1 },
    tick(state: AdderState) {
      if (state.sum === 5) throw new Error('five')
    },
  })
  t.match(await swap(bad), /^adder: tick threw Error: five/)
  t.strictSame([statuses(alice), statuses(bob)], [[], []])
  t.equal(await swap(adder({ ...DOUBLE, seats: { max: 1 } })), undefined)
  t.equal(await add(1), 7)
  t.equal(house.hosts.filter(({ hasEnded }) => !hasEnded).length, 2)
})

t.test('where the second host goes back to its old code, the first one keeps its rooms and the new code', async (t) => {
  const seats = { max: 1 }
  const { house, alice, room, swap, enter, pass } = await openSwapping(t, adder({ seats }), 2)
  const bob = await enter('bob')
  const other = String((await bob.ask(GAME.find, { game: 'adder' })).data?.['room_id'])
  const players = [alice, bob].map((client, i) => ({ client, room: i === 0 ? room : other }))
  const isMoved = ({ client }: { readonly client: PlainClient }) => statuses(client).includes('restarted')
  const newer = adder({
    seats,
    version: 2,
    migrate: { 1: (state: AdderState) => state },
    ...DOUBLE,
    tick(state: AdderState) {
      if (state.sum === 14) throw new Error('not fourteen')
      state.ticks++
    },
  })
  let first = players[0]
  const why = await swap(newer, async () => {
    await house.time.until(() => players.some(isMoved), 10_000)
    first = players.find(isMoved)
    await house.time.until(() => players.every(isMoved), 10_000)
    const second = players.find((player) => player !== first)
    await second?.client.ask(GAME.input, { name: 'add', input: { by: 7 } }, { room: second.room })
  })
  t.match(why, /^adder: tick threw Error: not fourteen/)
  await pass(2_000)
  for (const player of players) {
    const reply = await player.client.ask(GAME.input, { name: 'add', input: { by: 3 } }, { room: player.room })
    t.match(reply, { success: true }, `${player === first ? 'new' : 'old'} code goes on`)
    t.ok(isWhole(player.client, player.room))
    t.equal(statuses(player.client).length, player === first ? 1 : 2)
  }
})

t.test('a room that cannot be restored though it was rehearsed brings all of them back', async (t) => {
  const { house, enterAll, find, input, hostOf, scripts } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const one = await find(alice, { where: { phase: 'a' }, options: { phase: 'a' } })
  const two = await find(bob, { where: { phase: 'b' }, options: { phase: 'b' } })
  await input(alice, one, 'add', 1)
  const { script: old } = hostOf(one)
  const rolled = roll(house)
  await house.time.until(() => scripts.length === 2, 1_000)
  const next = scripts[1]
  if (!next) throw new Error('no successor')
  next.refuseRestoreOf = two
  t.match(await house.time.settle(rolled), /^counter: it was refused/)
  t.strictSame([hostOf(one).script, hostOf(two).script], [old, old])
  t.match(await input(alice, one, 'add', 1), { data: { value: 2 } })
  t.match(await input(bob, two, 'add', 1), { data: { value: 1 } })
  t.ok(next.asked.includes('rehearse 1') || next.asked.includes('rehearse 2'), next.asked.join())
})
