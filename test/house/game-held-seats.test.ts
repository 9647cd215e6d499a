/** Seats that are held for guests of one address: they have a bound, and who goes above it loses its seat. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { COUNTER } from '../helpers/games/scripted-host.ts'
import { GAME, openGames } from '../helpers/games/open-games.ts'

t.test('so many seats are held for guests of one address, and one more ends at once', async (t) => {
  const forGuests = [{ ...COUNTER, seats: { ...COUNTER.seats, guests: true } }]
  const { house, enterAsGuest, find, hostOf, pass } = await openGames(t, {
    env: { GAME_HELD_SEATS_PER_ADDRESS: '2' },
    games: () => forGuests,
  })
  const enter = (address: string) => enterAsGuest({ address })
  const guests = [await enter('192.0.2.1'), await enter('192.0.2.1'), await enter('192.0.2.1')]
  const rooms = []
  for (const guest of guests) rooms.push(await find(guest))
  const [room = ''] = rooms
  const neighbour = await enter('192.0.2.2')
  const other = await find(neighbour)
  const seats = () => hostOf(room).script.room(room)?.seats
  const { held } = house.node.context.games.rooms
  for (const guest of guests) {
    guest.cut()
    await pass(100)
  }
  neighbour.cut()
  await pass(100)
  const [one, two] = guests.map(({ userId }) => userId) as [string, string]
  t.strictSame(seats(), { [one]: 'held', [two]: 'held' })
  t.strictSame(Object.values(hostOf(other).script.room(other)?.seats ?? {}), ['held'], 'of another address')
  t.equal(held.size, 2)
  const back = await guests[0]?.resume([room])
  await pass(100)
  t.strictSame(seats(), { [one]: 'here', [two]: 'held' })
  back?.cut()
  await pass(100)
  t.strictSame(seats(), { [one]: 'held', [two]: 'held' }, 'it was counted no longer')
  for (const id of [room, other]) await house.ask('roomDelete', { room: id as RoomId, ifTag: null })
  await pass(2_000)
  t.equal(held.size, 0, 'and with the rooms nothing is left')
})

t.test('a guest who hangs up before the search is answered counts for the address, too', async (t) => {
  const forGuests = [{ ...COUNTER, seats: { ...COUNTER.seats, guests: true } }]
  const { house, enterAsGuest, running, pass } = await openGames(t, {
    env: { GAME_HELD_SEATS_PER_ADDRESS: '2' },
    games: () => forGuests,
  })
  for (let i = 0; i < 4; i++) {
    const guest = await enterAsGuest({ address: '192.0.2.1' })
    void guest.ask(GAME.find, { game: 'counter' }).catch(() => {})
    await pass(i)
    guest.cut()
    await pass(100)
  }
  const seats = running().flatMap(({ script }) =>
    [...script.rooms.values()].flatMap((room) => Object.values(room.seats)),
  )
  t.strictSame(seats, ['held', 'held'])
  t.equal(house.node.context.games.rooms.held.size, 1)
})
