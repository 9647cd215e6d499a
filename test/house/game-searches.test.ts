/** Searches that meet something else that is under way: one seat for each user, and no room that is not needed. */
import t from 'tap'
import { defineGame } from '../../src/games/index.ts'
import { GAME, openGames } from '../helpers/games/open-games.ts'
import { openPlayers } from '../helpers/games/players.ts'

t.test('a search takes the last seat of a room that somebody else comes to watch at the same time', async (t) => {
  const { enterAll, find, hostOf, pass } = await openGames(t)
  const [alice, bob, carol, dave] = await enterAll('alice', 'bob', 'carol', 'dave')
  if (!alice || !bob || !carol || !dave) throw new Error('nobody')
  const room = await find(alice)
  t.equal(await find(bob), room)
  const hear = hostOf(room).host.unheard()
  const watching = carol.request(GAME.join, { room_id: room, as: 'spectator' })
  await pass(100)
  const searching = dave.request(GAME.find, { game: 'counter' })
  await pass(100)
  hear()
  t.match(await dave.reply(searching), { success: true, data: { room_id: room } }, 'a spectator takes no seat')
  t.match(await carol.reply(watching), { success: true, data: { game: { seat: null } } })
})

t.test('a user who joins a room with one connection and searches with another one has one seat', async (t) => {
  const { enter, enterAll, find, hostOf, pass } = await openGames(t)
  const [alice, bob, carol, dave, phone] = await enterAll('alice', 'bob', 'carol', 'dave', 'erin')
  if (!alice || !bob || !carol || !dave || !phone) throw new Error('nobody')
  const laptop = await enter('erin')
  const fuller = await find(alice)
  for (const client of [bob, carol]) t.equal(await find(client), fuller)
  const room = await find(dave)
  t.match(await carol.ask(GAME.leave, { room_id: fuller }), { success: true })
  const hear = hostOf(room).host.unheard()
  const joining = phone.request(GAME.join, { room_id: room })
  await pass(100)
  const searching = laptop.request(GAME.find, { game: 'counter' })
  await pass(100)
  hear()
  t.match(await laptop.reply(searching), { data: { room_id: room } }, 'although the other room has fewer free seats')
  t.match(await phone.reply(joining), { success: true, data: { game: { seat: 'erin' } } })
})

t.test('a search that was answered too late has taken a seat, and the next one finds it', async (t) => {
  const { enterAll, find, hostOf, pass } = await openGames(t)
  const [alice, bob, carol, dave] = await enterAll('alice', 'bob', 'carol', 'dave')
  if (!alice || !bob || !carol || !dave) throw new Error('nobody')
  const room = await find(bob)
  const hear = hostOf(room).host.unheard()
  const searching = alice.request(GAME.find, { game: 'counter' })
  await pass(3_000)
  t.match(await alice.reply(searching), { error: { code: 'OUTCOME_UNKNOWN' } })
  hear()
  t.match(await bob.ask(GAME.leave, { room_id: room }), { success: true })
  const other = { where: { phase: 'other' }, options: { phase: 'other' } }
  const fuller = await find(carol, other)
  t.equal(await find(dave, other), fuller)
  t.equal(await find(alice), room, 'although the other room has fewer free seats')
  t.strictSame(Object.keys(hostOf(room).script.room(room)?.seats ?? {}), ['alice'])
})

t.test('matches that have begun, and take nobody late, are in nobody’s way', async (t) => {
  const duel = defineGame({
    name: 'duel',
    version: 1,
    hz: 10,
    seats: { max: 2, lateJoin: false },
    create: () => ({ begun: true }),
  })
  const { house, player, settle, pass } = await openPlayers(t, [duel], { seed: 41 })
  const begun = []
  for (let i = 0; i < 10; i++) {
    const [stays, leaves] = [await player(`a-${i}`), await player(`b-${i}`)]
    const room = await settle(stays.play<typeof duel>('duel'))
    const same = await settle(leaves.play<typeof duel>('duel'))
    t.equal(same.id, room.id)
    await settle(same.leave())
    begun.push({ stays, room })
  }
  await pass(200)
  const late = await settle((await player('late')).play<typeof duel>('duel'))
  t.notOk(begun.some(({ room }) => room.id === late.id))
  const [first] = begun
  const again = await settle((await player('a-0')).play<typeof duel>('duel'))
  t.equal(again.id, first?.room.id, 'whoever has a seat comes back to it')
  const { items } = await house.ask('gameRooms', { namespace: null, game: 'duel', where: {}, limit: 20, cursor: null })
  t.strictSame(
    new Set(items.map(({ room_id, is_locked, seats_free }) => `${room_id === late.id} ${is_locked} ${seats_free}`)),
    new Set(['false true 0', 'true false 1']),
  )
})
