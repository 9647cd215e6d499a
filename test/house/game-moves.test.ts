/** Single rooms go from one host to another that both go on: real hosts, a real primary, workers and clients in one process. */
import t, { type Test } from 'tap'
import type { CostlyRoom } from '../../src/link/methods/host.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { adder, isWhole } from '../helpers/games/adder.ts'
import { GAME, openGames, payloadsOf, type RunningHost } from '../helpers/games/open-games.ts'
import { Mirror } from '../helpers/house/mirror.ts'
import { codeOf, openHouse } from '../helpers/house/open-house.ts'
import { realHost } from '../helpers/house/real-host.ts'

async function openAdder(t: Test, hosts: number) {
  const startHost = realHost(() => [adder()], { isChecked: true })
  const opened = await openHouse(t, { startHost, env: { GAME_HOSTS: String(hosts) } })
  const alice = await opened.enter('alice')
  const room = String((await alice.ask(GAME.find, { game: 'adder' })).data?.['room_id']) as RoomId
  const hostOf = async () => (await opened.house.ask('gameRoom', { room })).host
  return {
    ...opened,
    alice,
    room,
    hostOf,
    move: (host: number | null = null) => opened.house.ask('gameRoomMove', { room, host }),
    add: async (by: number) =>
      Number((await alice.ask(GAME.input, { name: 'add', input: { by } }, { room })).data?.['value']),
  }
}

t.test('a room goes from host to host under its players: no tick and no input is lost or doubled', async (t) => {
  const { alice, room, hostOf, move, add, pass } = await openAdder(t, 3)
  let sum = 0
  let before = await hostOf()
  for (let round = 0; round < 10; round++) {
    const moved = move()
    for (let i = 0; i < 5; i++) t.equal(await add(1), ++sum)
    const { host, tick } = await moved
    t.not(host, before)
    t.equal(await hostOf(), host)
    await pass(500)
    t.ok(Mirror.of(alice.frames, room).tick > tick, 'it goes on there')
    t.ok(isWhole(alice, room))
    before = host
  }
})

t.test('a move that cannot be is refused, and the room goes on', async (t) => {
  const { house, room, hostOf, move, add } = await openAdder(t, 2)
  const host = Number(await hostOf())
  t.equal(await codeOf(move(host)), 'CONFLICT', 'it is there already')
  t.equal(await codeOf(move(99)), 'CONFLICT', 'there is no such host')
  t.equal(await codeOf(house.ask('gameRoomMove', { room: 'nowhere' as RoomId, host: null })), 'ROOM_NOT_FOUND')
  const [first, second] = await Promise.all([codeOf(move()), codeOf(move())])
  t.strictSame([first, second], ['ok', 'UNAVAILABLE'], 'it is moving already')
  t.equal(await add(1), 1)
  await house.ask('gameRoomMove', { room, host })
  t.equal(await hostOf(), host)
})

t.test('where there is one host there is nowhere to go', async (t) => {
  const { move, add } = await openAdder(t, 1)
  t.equal(await codeOf(move()), 'CONFLICT')
  t.equal(await add(1), 1)
})

t.test('a room that the other host does not take goes on in its own', async (t) => {
  const { house, enter, find, input, hostOf, running } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  await input(alice, room, 'add', 3)
  const own = hostOf(room)
  for (const { script } of running()) if (script !== own.script) script.refuseRestoreOf = room
  t.equal(await codeOf(house.ask('gameRoomMove', { room: room as RoomId, host: null })), 'GAME_FAILED')
  t.equal(hostOf(room).script, own.script)
  t.match(await input(alice, room, 'add', 4), { data: { value: 7 } })
})

t.test('a room whose new host dies while it comes there goes on elsewhere', async (t) => {
  const { house, enter, find, input, hostOf, running, pass } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  await input(alice, room, 'add', 3)
  const own = hostOf(room)
  const moved = codeOf(house.ask('gameRoomMove', { room: room as RoomId, host: null }))
  for (const { script, host } of running()) if (script !== own.script) host.kill()
  await moved
  await pass(5_000)
  t.match(await input(alice, room, 'add', 4), { data: { value: 7 } })
})

interface Loads {
  readonly busy: number
  /** Of its rooms. */
  readonly shares: Readonly<Record<string, number>>
}

function tellLoad({ script }: RunningHost, { busy, shares }: Loads): void {
  const costly = Object.entries(shares).flatMap(([id, share]): CostlyRoom[] => {
    const room = script.room(id)
    return room ? [{ handle: room.handle, share }] : []
  })
  script.link.tell('load', { busy, rooms: script.rooms.size, costly })
}

const MADE = {
  namespace: 'private' as Namespace,
  game: 'counter',
  options: {},
  isLocked: false,
  password: null,
  idempotencyKey: null,
}

/** Two rooms in one host, and another host that is idle. */
async function openBusy(t: Test, env: Record<string, string> = {}) {
  const opened = await openGames(t, { env })
  const alice = await opened.enter('alice')
  const made = async () => (await opened.house.ask('gameRoomOpen', MADE)).room_id
  const rooms = [await made(), await made()]
  const [one, other] = rooms.map((room) => opened.hostOf(room))
  if (!one || !other || one.script === other.script) throw new Error('the rooms were not spread')
  await opened.house.ask('gameRoomMove', { room: rooms[1] as RoomId, host: null })
  const [dear = '', cheap = ''] = rooms
  return { ...opened, alice, dear, cheap, busy: one, idle: other }
}

t.test('a busy host gives its most expensive room to an idle one, one at a time', async (t) => {
  const { busy, idle, dear, cheap, hostOf, pass } = await openBusy(t)
  tellLoad(idle, { busy: 0.1, shares: {} })
  await pass(100)
  tellLoad(busy, { busy: 0.9, shares: { [dear]: 0.3, [cheap]: 0.2 } })
  await pass(100)
  t.equal(hostOf(dear).script, idle.script)
  tellLoad(busy, { busy: 0.9, shares: { [cheap]: 0.2 } })
  await pass(100)
  t.equal(hostOf(cheap).script, busy.script, 'the other one has not measured itself since')
  tellLoad(idle, { busy: 0.4, shares: { [dear]: 0.3 } })
  await pass(100)
  tellLoad(busy, { busy: 0.9, shares: { [cheap]: 0.2 } })
  await pass(100)
  t.equal(hostOf(cheap).script, idle.script)
})

t.test(
  'a room that would only make the other host the busy one stays; so do all of a host that is not busy',
  async (t) => {
    const { busy, idle, dear, cheap, hostOf, pass } = await openBusy(t)
    tellLoad(idle, { busy: 0.1, shares: {} })
    await pass(100)
    tellLoad(busy, { busy: 0.7, shares: { [dear]: 0.2 } })
    await pass(100)
    t.equal(hostOf(dear).script, busy.script, 'it is not busy')
    tellLoad(busy, { busy: 0.95, shares: { [dear]: 0.6, [cheap]: 0.3 } })
    await pass(100)
    t.equal(hostOf(dear).script, busy.script, 'it takes too much')
    t.equal(hostOf(cheap).script, idle.script, 'the next one does not')
  },
)

t.test('GAME_BALANCE_ABOVE=1 leaves rooms where they are', async (t) => {
  const { busy, idle, dear, hostOf, pass } = await openBusy(t, { GAME_BALANCE_ABOVE: '1' })
  tellLoad(idle, { busy: 0, shares: {} })
  await pass(100)
  tellLoad(busy, { busy: 1, shares: { [dear]: 0.2 } })
  await pass(100)
  t.equal(hostOf(dear).script, busy.script)
})

t.test('players are told by a word and a snapshot that their room goes on in another host', async (t) => {
  const { alice, move, pass } = await openAdder(t, 2)
  await move()
  await pass(200)
  t.strictSame(
    payloadsOf(alice, GAME.status).map((payload) => payload?.['status']),
    ['restarted'],
  )
})
