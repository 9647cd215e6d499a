import type { Culprit } from '../../src/processes/host-process.ts'
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { GAME, openGames, payloadsOf } from '../helpers/games/open-games.ts'
import { Mirror } from '../helpers/house/mirror.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const stuckIn = (handle: number): Culprit => ({
  why: 'time',
  handle,
  game: 'counter',
  callback: 'tick',
  tick: 1,
  ranMs: 500,
})

/** What the client has made of what it was sent, held against the room. */
function mirrorOf(client: PlainClient, room: string): Mirror {
  return Mirror.of(client.frames, room)
}

t.test(
  'rooms of a host that dies go on in another one: nothing acknowledged is lost, and clients are told',
  async (t) => {
    const { enterAll, find, input, hostOf, pass, house } = await openGames(t)
    const [alice, bob] = await enterAll('alice', 'bob')
    if (!alice || !bob) throw new Error('nobody')
    const room = await find(alice)
    await bob.ask(GAME.join, { room_id: room, as: 'spectator' })
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) await input(alice, room, 'add', 1)
      const { host } = hostOf(room)
      host.kill()
      await house.time.until(() => host.hasEnded && payloadsOf(alice, GAME.status).length > round, 10_000)
      t.match(await input(alice, room, 'add', 1), { data: { value: 4 * (round + 1) } }, `round ${round}`)
    }
    await pass(2_000)
    const { script } = hostOf(room)
    t.equal(script.room(room)?.count, 12)
    for (const client of [alice, bob]) {
      t.match(
        payloadsOf(client, GAME.status),
        Array.from({ length: 3 }, () => ({ status: 'restarted' })),
      )
      t.match(mirrorOf(client, room).state, { count: 12, seats: { alice: 'here' } }, 'what it sees is what is')
    }
    t.notOk(
      script.asked.some((asked) => asked === 'enter alice'),
      'the seat is found again, and not taken anew',
    )
  },
)

t.test('only records behind the checkpoint are kept, and given to the next host', async (t) => {
  const { house, enter, find, input, hostOf, running } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  for (let i = 0; i < 22; i++) await input(alice, room, 'add', 1)
  // A checkpoint with each five ticks: 23 have been.
  t.equal(house.node.context.games.rooms.get(room as RoomId)?.records.length, 3)
  t.match(await house.journal.read(room as RoomId), {
    checkpoint: { tick: 20 },
    records: [{ tick: 21 }, { tick: 22 }, { tick: 23 }],
  })
  hostOf(room).host.kill()
  t.match(await input(alice, room, 'add', 1), { data: { value: 23 } }, 'what is asked meanwhile waits for the room')
  t.ok(running().some(({ script }) => script.asked.includes('restore 3')))
})

t.test('an input that was under way when its host died has an unknown outcome, a join is asked again', async (t) => {
  const { house, enterAll, find, input, hostOf } = await openGames(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  const { host } = hostOf(room)
  host.freeze()
  const added = input(alice, room, 'add', 1)
  const joining = bob.request(GAME.join, { room_id: room })
  await house.time.pass(200)
  host.kill()
  t.match(await added, { error: { code: 'OUTCOME_UNKNOWN' } })
  t.match(await bob.reply(joining), { data: { game: { seat: 'bob' } } })
})

t.test('while no host is there what is asked is answered in time, and rooms wait for the next host', async (t) => {
  const { house, enterAll, find, input, hostOf } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  hostOf(room).host.freeze()
  const startedMs = house.time.nowMs
  t.match(await input(alice, room, 'add', 1), { error: { code: 'OUTCOME_UNKNOWN' } })
  t.ok(house.time.nowMs - startedMs < 2_000)
  // It is found stuck, and replaced; until then the room waits.
  await house.time.until(() => payloadsOf(alice, GAME.status).length > 0, 30_000)
  t.match(await input(alice, room, 'add', 1), { data: { value: 1 } })
})

t.test('connections that go while their room has no host are gone from the next one', async (t) => {
  const { house, enterAll, find, hostOf, pass } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const [alice, bob, carol] = await enterAll('alice', 'bob', 'carol')
  if (!alice || !bob || !carol) throw new Error('nobody')
  const room = await find(alice)
  for (const client of [bob, carol]) await find(client)
  const { host } = hostOf(room)
  host.freeze()
  await bob.ask(GAME.leave, { room_id: room })
  carol.cut()
  await pass(100)
  host.kill()
  await house.time.until(() => payloadsOf(alice, GAME.status).length > 0, 10_000)
  await pass(2_000)
  t.strictSame(hostOf(room).script.room(room)?.seats, { alice: 'here', carol: 'held' })
})

t.test('a room that its host had to be ended for is tried once more, and then ended', async (t) => {
  const { enterAll, find, input, hostOf, pass } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const culprit = await find(alice)
  const other = await find(bob, { where: { phase: 'other' }, options: { phase: 'other' } })
  for (let i = 0; i < 2; i++) {
    const { host, script } = hostOf(culprit)
    host.kill(stuckIn(script.room(culprit)?.handle ?? 0))
    await pass(10_000)
  }
  t.match(payloadsOf(alice, GAME.status), [{ status: 'restarted' }, { status: 'over', why: 'failed', result: null }])
  t.equal((await input(alice, culprit, 'add', 1)).error?.code, 'ROOM_OVER')
  t.match(payloadsOf(bob, GAME.status), [{ status: 'restarted' }, { status: 'restarted' }])
  t.match(await input(bob, other, 'add', 1), { success: true }, 'the other room goes on')
})

t.test('a room that its host had to be ended for is not tried where the others of that host go', async (t) => {
  const { enterAll, find, input, hostOf, running, pass } = await openGames(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const culprit = await find(alice)
  const { host, script } = hostOf(culprit)
  const beside = await findBeside()
  host.kill(stuckIn(script.room(culprit)?.handle ?? 0))
  await pass(10_000)
  t.not(hostOf(culprit).host, hostOf(beside).host)
  t.equal(running().length, 2)
  t.match(await input(alice, culprit, 'add', 1), { success: true })
  t.match(payloadsOf(bob, GAME.status), [{ status: 'restarted' }])

  async function findBeside(): Promise<string> {
    if (!bob) throw new Error('nobody')
    for (let i = 0; ; i++) {
      const room = await find(bob, { where: { phase: `p${i}` }, options: { phase: `p${i}` } })
      if (hostOf(room).host === host) return room
      await bob.ask(GAME.leave, { room_id: room })
    }
  }
})

t.test('a checkpoint between does not clear a room that hosts had to be ended for; ten minutes do', async (t) => {
  const { enter, find, input, hostOf, pass } = await openGames(t, { env: { GAME_HOSTS: '1' } })
  const alice = await enter('alice')
  const culprit = await find(alice)
  const endHost = async (waitMs: number) => {
    const { host, script } = hostOf(culprit)
    const room = script.room(culprit)
    if (!room) throw new Error('the room is not there')
    script.checkpoint(room)
    await pass(1_000)
    host.kill(stuckIn(room.handle))
    await pass(waitMs)
  }
  await endHost(610_000)
  await endHost(10_000)
  t.match(await input(alice, culprit, 'add', 1), { success: true })
  await endHost(10_000)
  t.match(payloadsOf(alice, GAME.status), [{ status: 'restarted' }, { status: 'restarted' }, { status: 'over' }])
})

t.test('a room that cannot be restored is ended, the others are not', async (t) => {
  const { scripts, enter, find, hostOf, pass, running } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  const { Refusal } = await import('../../src/protocol/errors.ts')
  for (const { script } of running())
    if (!script.room(room)) script.refuseRestore = new Refusal('GAME_FAILED', 'another hash')
  hostOf(room).host.kill()
  await pass(5_000)
  t.match(payloadsOf(alice, GAME.status), [{ status: 'over', why: 'failed' }])
  t.ok(scripts.length >= 3, 'the host was replaced')
})

t.test('a reload moves the rooms of each host to another: no input is lost, and none is refused', async (t) => {
  const { house, enterAll, find, input, hostOf, pass } = await openGames(t, {
    env: { WORKERS: '1', SHUTDOWN_TIMEOUT: '4s' },
  })
  const clients = await enterAll('a', 'b', 'c', 'd')
  const rooms: string[] = []
  for (const [i, client] of clients.entries())
    rooms.push(await find(client, { where: { phase: `p${i}` }, options: { phase: `p${i}` } }))
  const before = new Set(rooms.map((room) => hostOf(room).script))
  let sent = 0
  const rolled = house.node.hostSupervisor.roll({ withinMs: 4_000, graceMs: 0, onReplaced: () => {} })
  const done = { isRolled: false }
  void rolled.then(() => (done.isRolled = true))
  while (!done.isRolled) {
    const asked = clients.map((client, i) => input(client, rooms[i] ?? '', 'add', 1))
    for (const reply of await Promise.all(asked)) t.match(reply, { success: true })
    sent++
    await pass(5)
  }
  await pass(1_000)
  t.ok(sent > 0)
  for (const room of rooms) {
    const { script } = hostOf(room)
    t.notOk(before.has(script), 'another host has it')
    t.equal(script.room(room)?.count, sent)
  }
})

t.test('nobody hears of what is not in the journal', async (t) => {
  const { house, enter, find, input, pass } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  const append = house.journal.append.bind(house.journal)
  house.journal.append = () => {
    throw new StoreUnavailable('the disk is full')
  }
  const patches = () => alice.events.filter(({ eventType }) => eventType === GAME.patch).length
  const before = patches()
  const asked = input(alice, room, 'add', 1)
  await pass(1_000)
  t.equal(patches(), before)
  house.journal.append = append
  t.match(await asked, { data: { value: 1 } })
  t.equal(patches(), before + 1)
})

t.test('a room that ends while its host dies ends once', async (t) => {
  const { house, enter, find, input, hostOf, pass } = await openGames(t)
  const alice = await enter('alice')
  const room = await find(alice)
  house.faults.refused = 1
  await input(alice, room, 'end', { result: 1, rewards: [{ user: 'alice', currency: 'gold', amount: 5 }] })
  const running = house.hosts.filter(({ hasEnded }) => !hasEnded)
  for (const host of running) host.kill()
  await pass(3_000)
  house.faults.refused = 0
  await pass(20_000)
  t.match(payloadsOf(alice, GAME.status), [{ status: 'over', result: 1 }])
  t.match(await house.ask('playerGet', { userId: 'alice' as never }), { balances: { gold: 5 } })
  t.throws(() => hostOf(room))
})

t.test('what a dead worker had is gone from rooms, and their players come back elsewhere', async (t) => {
  const { house, enter, find, hostOf, pass } = await openGames(t)
  const worker = house.worker(0)
  const alice = await enter('alice', { worker })
  const room = await find(alice)
  worker.kill()
  await pass(100)
  t.equal(hostOf(room).script.room(room)?.seats['alice'], 'held')
  const back = await alice.resume([room])
  await back.until(() => payloadsOf(back, GAME.snapshot).length > 0)
  t.equal(hostOf(room).script.room(room)?.seats['alice'], 'here')
})

t.test('/ready and health say how many hosts there are', async (t) => {
  const { house, pass } = await openGames(t)
  const ready = async () => (await house.ask('ready', null)).parts.find(({ part }) => part === 'hosts')
  t.match(await ready(), { ok: true })
  const { healthOf } = await import('../../src/node/node.ts')
  t.match((await healthOf(house.node)).status, /2 of 2 hosts of games/)
  house.hosts[0]?.freeze()
  await pass(5_000)
  t.match((await healthOf(house.node)).fault, /hosts do not answer/)
})
