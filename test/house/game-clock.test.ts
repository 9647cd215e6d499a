/** Rooms go on in time, whatever is done to the machine's wall clock, and wherever they run. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'

const MINUTES_MS = 10 * 60_000
const PLAYED_MS = 2_000

for (const byMs of [MINUTES_MS, -MINUTES_MS]) {
  t.test(`a wall clock that is set by ${byMs} ms: rooms are neither late nor early in their next host`, async (t) => {
    const { house, player, make, settle, pass } = await openPlayers(t, [lap], { seed: 21 })
    const tickOf = async (id: string) => (await house.ask('gameRoom', { room: id as RoomId })).tick
    const alice = await player('alice')
    const room = await settle(alice.play<typeof lap>('lap'))
    await pass(PLAYED_MS)
    const before = await tickOf(room.id)
    const startedMs = house.time.nowMs
    house.time.jumpWall(byMs)
    for (const host of house.hosts) if (!host.hasEnded) host.kill()
    t.equal(await settle(room.send.go({ by: 1 })), 1, 'it runs, and takes inputs')
    await pass(PLAYED_MS)
    const due = Math.round(((house.time.nowMs - startedMs) * lap.hz) / 1000)
    t.ok(Math.abs((await tickOf(room.id)) - before - due) <= 2, 'as many ticks have run as there was time')

    const bob = await player('bob')
    const other = await settle(bob.enter<typeof lap>(await make('lap')))
    await pass(PLAYED_MS)
    t.ok(Math.abs((await tickOf(other.id)) - (PLAYED_MS * lap.hz) / 1000) <= 2, 'a new room begins at once')
    t.ok(Math.abs(other.clock.tick - other.tick) <= 2, 'its players know in which tick it is')
    t.equal(await settle(other.send.go({ by: 1 })), 1)
    const asked = { room: other.id as RoomId }
    const near = (atMs: number | null | undefined) => Math.abs((atMs ?? 0) - house.time.clock.wallMs())
    const { items } = await house.ask('gameRoomEntries', { ...asked, limit: 1 })
    t.ok(near(items[0]?.atMs) < 1_000, 'operators are told when it was, by the clock as it is set now')
    bob.client.close()
    await pass(1_000)
    const [seat] = (await house.ask('gameRoom', asked)).seats
    t.equal(seat?.isConnected, false)
    t.ok(near(seat?.heldUntilMs) < lap.seats.holdMs, 'and until when a seat is held')
  })
}
