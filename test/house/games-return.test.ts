/** The node dies under real games and the client library: what players see, and what time does meanwhile. */
import t from 'tap'
import type { UserId } from '../../src/protocol/ids.ts'
import { defineGame, t as type } from '../../src/games/index.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'
import { enrich } from '../helpers/games/shoppers.ts'
import { stall } from '../helpers/games/stall.ts'
import { linesInto, type LogEntry } from '../helpers/house/log-entries.ts'

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`players play on, in the tick after the last that they saw: ${encoding}`, async (t) => {
    const { player, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 21 })
    const [alice, bob] = [await player('alice', { encoding }), await player('bob')]
    const room = await settle(alice.play<typeof lap>('lap'))
    const other = await settle(bob.play<typeof lap>('lap'))
    t.equal(room.id, other.id)
    let sum = 0
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 3; i++) t.equal(await settle(room.send.go({ by: 1 })), ++sum)
      await pass(house.chance.integer(0, 1_500))
      const seen = Math.max(room.tick, other.tick)
      await house.kill()
      await pass(house.chance.pick([0, 300, 5_000, 600_000]))
      await house.start()
      await until(() => alice.client.status === 'ready' && bob.client.status === 'ready')
      await until(() => room.tick > seen && other.tick > seen)
      t.ok(room.tick - seen < 100, `no time was made up for: ${room.tick - seen} ticks in round ${round}`)
    }
    await pass(1_000)
    t.equal(await settle(room.send.go({ by: 1 })), ++sum)
    await pass(200)
    await allSee(t, [room, other])
    for (const user of ['alice', 'bob'])
      t.strictSame(
        room.state.past[user]?.filter((what) => what === 'join' || what === 'leave'),
        ['join'],
      )
    t.strictSame(
      [...alice.changes, ...bob.changes].filter(({ status }) => status !== 'restarted'),
      [],
    )
  })
}

t.test('a node that is stopped and started gives seats back, and ends those to which nobody comes', async (t) => {
  const { player, settle, pass, until, house } = await openPlayers(t, [lap], { seed: 22 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof lap>('lap'))
  await settle(bob.play<typeof lap>('lap'))
  bob.sleep()
  await house.stop()
  await pass(3_600_000)
  await house.start()
  await until(() => alice.client.status === 'ready')
  const backAtMs = house.time.nowMs
  await until(() => room.state.past['bob']?.at(-1) === 'leave')
  const heldMs = house.time.nowMs - backAtMs
  t.ok(heldMs > lap.seats.holdMs - 1_000, `the seat was held for ${heldMs} ms from the start on`)
  await pass(10_000)
  t.strictSame(room.state.past['bob'], ['join', 'drop', 'leave'])
  t.equal(await settle(room.send.go({ by: 1 })), 1)
  t.strictSame(room.state.past['alice'], ['join', 'drop', 'back'])
})

/** Runs only when something comes in, or a timer does. */
function fuseOf(version: number, migrate: Readonly<Record<number, (old: { bangs: number; nowMs: number }) => object>>) {
  return defineGame({
    name: 'fuse',
    version,
    hz: 0,
    seats: { max: 2, holdMs: 3_600_000 },
    state: type.object({ bangs: type.uint32(), nowMs: type.float64() }),
    inputs: { light: { type: type.object({}) }, look: { type: type.object({}) } },
    create: () => ({ bangs: 0, nowMs: 0 }),
    on: {
      light: (_state, _seat, _input, room) => void room.afterMs(10_000, 'bang', {}),
      look: (state, _seat, _input, room) => void (state.nowMs = room.nowMs),
    },
    timers: { bang: (state) => void state.bangs++ },
    migrate,
  })
}

const fuse = fuseOf(1, {})

t.test('time stands still for timers of a game without ticks while the node is away', async (t) => {
  const { player, settle, pass, until, house } = await openPlayers(t, [fuse], { seed: 23 })
  const alice = await player('alice')
  const room = await settle(alice.play<typeof fuse>('fuse'))
  await settle(room.send.light({}))
  await pass(4_000)
  await house.kill()
  await pass(120_000)
  await house.start()
  const backAtMs = house.time.nowMs
  await until(() => room.state.bangs > 0)
  const leftMs = house.time.nowMs - backAtMs
  t.ok(leftMs > 4_900 && leftMs < 7_500, `of ten seconds six were left: ${leftMs} ms`)
})

t.test('the clock of rooms does not go back over a start, whatever was done to that of the machine', async (t) => {
  const { player, settle, pass, until, house } = await openPlayers(t, [fuse, lap], { seed: 24 })
  const alice = await player('alice')
  const room = await settle(alice.play<typeof fuse>('fuse'))
  const ticking = await settle(alice.play<typeof lap>('lap'))
  await settle(room.send.look({}))
  const { nowMs } = room.state
  await pass(2_000)
  await house.kill()
  house.time.jumpWall(-86_400_000)
  await house.start()
  await until(() => alice.client.status === 'ready')
  await settle(room.send.look({}))
  t.ok(room.state.nowMs >= nowMs)
  const { tick } = ticking
  await until(() => ticking.tick > tick + 40)
})

t.test('a match whose end is in the journal, and not in the ledger, is paid once by the next start', async (t) => {
  const { player, settle, pass, house } = await openPlayers(t, [stall], { seed: 25 })
  const [alice, bob] = [await player('alice'), await player('bob')]
  const room = await settle(alice.play<typeof stall>('stall'))
  await settle(bob.play<typeof stall>('stall'))
  await pass(1_500)
  house.faults.refused = 1
  await settle(room.send.win({}))
  await pass(1_000)
  t.notOk(room.isOver)
  house.faults.refused = 0
  for (let i = 0; i < 2; i++) {
    await house.kill()
    await house.start()
  }
  await pass(3_000)
  t.match(alice.changes, [{ status: 'over', result: { winner: 'alice' } }, { status: 'left' }])
  t.match(bob.changes, [{ status: 'over' }, { status: 'left' }])
  const { balances } = await house.ask('playerGet', { userId: 'alice' as UserId })
  t.equal(balances['gold'], 50)
  t.strictSame(await house.journal.rooms(), [])
})

const HAT = {
  id: 'hat',
  name: 'Hat',
  price: 1,
  currency: 'gold',
  stock: null,
  per_user_limit: null,
  sale_from: null,
  sale_until: null,
}

t.test('a seat hears once of each purchase, whatever was bought when the node died', async (t) => {
  const { player, settle, pass, house, until } = await openPlayers(t, [stall], { seed: 26 })
  await house.ask('goodPut', { good: HAT, ifRevision: null })
  await enrich(house, 'alice')
  const alice = await player('alice')
  const room = await settle(alice.play<typeof stall>('stall'))
  const ids: string[] = []
  for (let round = 0; round < 4; round++) {
    const receipt = await settle(alice.client.buyGood({ goodId: 'hat', count: 1 }))
    ids.push(receipt.purchase_id)
    await pass(house.chance.integer(0, 60))
    await house.kill()
    await house.start()
    await until(() => alice.client.status === 'ready')
  }
  await until(() => room.state.seats['alice']?.heard.length === ids.length)
  t.strictSame(room.state.seats['alice']?.heard, ids)
})

t.test(
  'another version of the game goes on by migrate; without one the room waits, and nothing is said of hashes',
  async (t) => {
    const lines: LogEntry[] = []
    let games: readonly (typeof fuse)[] = [fuse]
    const { player, settle, until, house } = await openPlayers(t, () => games, {
      seed: 27,
      logOutput: linesInto(lines),
    })
    const alice = await player('alice')
    const room = await settle(alice.play<typeof fuse>('fuse'))
    await settle(room.send.look({}))
    games = [fuseOf(2, {})]
    await house.kill()
    await house.start()
    await until(() => alice.changes.length > 0)
    t.match(alice.changes, [{ status: 'left' }])
    const kept = lines.filter(({ msg }) => msg.endsWith('their journals are kept'))
    t.match(kept, [{ rooms: 1, reason: /migrate has no step from 1/ }])
    games = [fuseOf(2, { 1: (old) => ({ ...old, bangs: 77 }) })]
    await house.kill()
    await house.start()
    await until(() => alice.client.status === 'ready')
    const again = await settle(alice.enter<typeof fuse>(room.id))
    t.match([again.seat, again.game.version, again.state.bangs], ['alice', 2, 77])
  },
)
