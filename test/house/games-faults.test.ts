/** What breaks under players in mid-match: hosts, workers, and their replacement. */
import t from 'tap'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'

t.test(
  'a host that is killed in mid-match: nobody sees a wrong state, and nothing that was acknowledged is lost',
  async (t) => {
    const { player, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 21 })
    const players = [await player('alice'), await player('bob', { encoding: 'msgpack' })]
    const watcher = await player('carol')
    const rooms = []
    for (const one of players) rooms.push(await settle(one.play<typeof lap>('lap')))
    const [room, other] = rooms
    if (!room || !other) throw new Error('two')
    const watched = await settle(watcher.enter<typeof lap>(room.id, { as: 'spectator' }))
    let acknowledged = 0
    let unknown = 0
    for (let round = 1; round <= 8; round++) {
      const sent = Promise.allSettled([room.send.go({ by: 1 }), other.send.go({ by: 1 })])
      await pass(house.chance.integer(0, 60))
      const { tick } = room
      for (const host of house.hosts) if (house.chance.happens(0.7)) host.kill()
      const results = await settle(sent)
      for (const result of results) {
        if (result.status === 'fulfilled') acknowledged++
        else if ((result.reason as { code?: string }).code === 'OUTCOME_UNKNOWN') unknown++
        else t.match(result.reason, { code: 'OUTCOME_UNKNOWN' })
      }
      await until(() => room.tick > tick && other.tick > tick && watched.tick > tick)
      await pass(house.chance.integer(0, 1_500))
    }
    await pass(2_000)
    await allSee(t, [room, other, watched])
    const { sum, past } = room.state
    t.ok(sum >= acknowledged && sum <= acknowledged + unknown, `${sum} of ${acknowledged} and ${unknown}`)
    t.strictSame(past, { alice: ['join'], bob: ['join'] })
    for (const { changes } of [...players, watcher]) {
      t.ok(changes.length > 0)
      t.ok(changes.every(({ status }) => status === 'restarted'))
    }
  },
)

t.test('reloads, which drain all workers and hosts: no input is lost or refused, and no seat is dropped', async (t) => {
  const { player, settle, pass, allSee, house } = await openPlayers(t, [lap], {
    seed: 22,
    env: { SHUTDOWN_TIMEOUT: '4s' },
  })
  const players = [await player('alice'), await player('bob', { encoding: 'msgpack' })]
  const rooms = await settle(Promise.all(players.map((one) => one.play<typeof lap>('lap'))))
  let sum = 0
  for (let round = 0; round < 3; round++) {
    const rolled = { isDone: false }
    void house.node.reload.run().then(() => (rolled.isDone = true))
    while (!rolled.isDone) for (const room of rooms) t.equal(await settle(room.send.go({ by: 1 })), ++sum)
  }
  await pass(200)
  await allSee(t, rooms)
  t.strictSame(rooms[0]?.state.past, { alice: ['join'], bob: ['join'] })
  for (const { changes, wires } of players) {
    t.ok(changes.every(({ status }) => status === 'restarted'))
    t.ok(wires.length >= 4, `${wires.length} connections`)
  }
})

t.test('hosts that are drained: no input is lost or refused, and no tick is missed', async (t) => {
  const { player, settle, pass, allSee, house } = await openPlayers(t, [lap], { seed: 23 })
  const players = [await player('alice'), await player('bob', { encoding: 'msgpack' })]
  const rooms = await settle(Promise.all(players.map((one) => one.play<typeof lap>('lap'))))
  const ticks: number[] = []
  rooms[0]?.subscribe(({ ticks: tick }) => ticks.push(tick))
  let sum = 0
  for (let round = 0; round < 3; round++) {
    const rolled = { isDone: false }
    void house.node.hostSupervisor
      .roll({ withinMs: 4_000, graceMs: 0, onReplaced: () => {} })
      .then(() => (rolled.isDone = true))
    while (!rolled.isDone) for (const room of rooms) t.equal(await settle(room.send.go({ by: 1 })), ++sum)
  }
  await pass(200)
  await allSee(t, rooms)
  t.strictSame(rooms[0]?.state.past, { alice: ['join'], bob: ['join'] })
  for (const { changes } of players) t.ok(changes.length > 0 && changes.every(({ status }) => status === 'restarted'))
  // The state comes anew where the room goes on elsewhere.
  const seen = [...new Set(ticks)]
  t.strictSame(
    seen,
    seen.map((_, i) => (seen[0] ?? 0) + i),
  )
})
