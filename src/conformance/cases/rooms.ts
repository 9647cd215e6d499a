import { EVENT, SERVER_EVENT } from '../../protocol/events.ts'
import { PLAYERS, PLAYERS_AND_ADMIN, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectThat, fieldsOf, listOf, Skip } from '../expect.ts'
import { expectRefused } from '../http.ts'
import type { Lab } from '../lab.ts'
import { isEvent, payloadOf, type Frame, type Peer } from '../peer.ts'

/** How many rooms are tried, as the server's own limit is not known. */
const ROOMS_TRIED = 300

function roomCase(id: string, checks: string, run: (lab: Lab) => Promise<void>): Case {
  return { id: `room.${id}`, section: 3, checks, needs: PLAYERS, run }
}

const says =
  (message: unknown) =>
  (frame: Frame): boolean =>
    isEvent(EVENT.broadcast)(frame) && payloadOf(frame)['message'] === message

/** Waits until the room's members were told of all these users, in any number of events. */
async function expectTold(peer: Peer, eventType: string, room: string, users: readonly string[]): Promise<void> {
  const told = (frame: Frame) => isEvent(eventType)(frame) && payloadOf(frame)['room_id'] === room
  for (const user of users) {
    const names = (frame: Frame) => told(frame) && listOf(payloadOf(frame)['users'], 'users').includes(user)
    await peer.event(names, `${eventType} of ${user} in ${room}`)
  }
}

const JOINING: readonly Case[] = [
  roomCase('join', 'the reply to a join has room_id, members, state and offset', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room_id = await lab.room(one)
    const { room_id: joined, members, state, offset } = await other.ask(EVENT.roomJoin, { room_id })
    expectEqual({ joined, members, state }, { joined: room_id, members: 2, state: null }, 'the data')
    expectInteger(offset, 'offset')
  }),
  roomCase('join-again', 'after a second join the user is still one member, and gets each event once', async (lab) => {
    const player = await lab.player()
    const room = await lab.room(player)
    const { members } = await player.ask(EVENT.roomJoin, { room_id: room })
    expectEqual(members, 1, 'members')
    const message = lab.name('message')
    await player.ask(EVENT.broadcast, { message }, { room })
    await player.event(says(message), 'the event')
    await player.ask(EVENT.sessionPing, {})
    expectEqual(player.frames.filter(says(message)).length, 1, 'the number of events')
  }),
  roomCase('name-64', 'a room name of 64 characters', async (lab) => {
    const player = await lab.player()
    await player.ask(EVENT.roomJoin, { room_id: lab.name('room').padEnd(64, '_') })
  }),
  roomCase('leave', 'the reply to a leave is {}', async (lab) => {
    const player = await lab.player()
    expectEqual(await player.ask(EVENT.roomLeave, { room_id: await lab.room(player) }), {}, 'the data')
  }),
  roomCase('leave-not-joined', 'leaving a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const player = await lab.player()
    await player.refused('NOT_IN_ROOM', EVENT.roomLeave, { room_id: lab.name('room') })
  }),
  roomCase('limit', 'joining more rooms than a connection may: ROOM_LIMIT', async (lab) => {
    const player = await lab.player()
    for (let i = 0; i < ROOMS_TRIED; i++) {
      const { success, error } = await player.request(EVENT.roomJoin, { room_id: lab.name('room') })
      if (success === true) continue
      expectEqual(fieldsOf(error)['code'], 'ROOM_LIMIT', 'the code')
      return
    }
    throw new Skip(`the server lets a connection join ${ROOMS_TRIED} rooms`)
  }),
  roomCase('gone-with-connection', 'when its connection is closed, a user is no longer a member', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(one, other)
    // If a user joins and leaves within one tick, the server need not announce it.
    await expectTold(one, SERVER_EVENT.joined, room, [other.userId])
    await other.cut()
    await expectTold(one, SERVER_EVENT.left, room, [other.userId])
    expectEqual((await one.ask(EVENT.presenceList, { room_id: room }))['total'], 1, 'total')
  }),
]

const SPEAKING: readonly Case[] = [
  roomCase('members-only', 'only members get an event of a room', async (lab) => {
    const [one, other, stranger] = await Promise.all([lab.player(), lab.player(), lab.player()])
    const room = await lab.room(one, other)
    const message = lab.name('message')
    await one.ask(EVENT.broadcast, { message }, { room })
    for (const member of [one, other]) await member.event(says(message), 'the event')
    await lab.expectNothing([stranger], says(message), 'no event of a room that it has not joined')
  }),
  roomCase('isolated', 'an event of one room does not come to another', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const [room] = [await lab.room(one), await lab.room(other)]
    const message = lab.name('message')
    await one.ask(EVENT.broadcast, { message }, { room })
    await lab.expectNothing([other], says(message), 'no event of another room')
  }),
  roomCase('speak-not-joined', 'speaking in a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const [member, stranger] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(member)
    await stranger.refused('NOT_IN_ROOM', EVENT.broadcast, { message: 1 }, { room })
  }),
  roomCase('after-leave', 'after a leave the user gets no more events, and may not send any', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(one, other)
    await other.ask(EVENT.roomLeave, { room_id: room })
    const message = lab.name('message')
    await one.ask(EVENT.broadcast, { message }, { room })
    await lab.expectNothing([other], says(message), 'no event')
    await other.refused('NOT_IN_ROOM', EVENT.broadcast, { message }, { room })
  }),
  roomCase(
    'namespace',
    'an event without a room goes to the whole namespace, also to connections in rooms',
    async (lab) => {
      const [one, other] = await Promise.all([lab.player(), lab.player()])
      await lab.room(other)
      const message = lab.name('message')
      await one.ask(EVENT.broadcast, { message })
      for (const peer of [one, other]) await peer.event(says(message), 'the event')
    },
  ),
  roomCase('namespaces', 'an event of one namespace does not come to the other', async (lab) => {
    const [player, guest] = await Promise.all([lab.player(), lab.guest()])
    const [toPlayers, toGuests] = [lab.name('message'), lab.name('message')]
    await player.ask(EVENT.broadcast, { message: toPlayers })
    await guest.ask(EVENT.broadcast, { message: toGuests })
    await Promise.all([
      lab.expectNothing([guest], says(toPlayers), 'no event of players for guests'),
      lab.expectNothing([player], says(toGuests), 'no event of guests for players'),
    ])
  }),
  roomCase('input-not-joined', 'an input for a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const player = await lab.player()
    await player.refused('NOT_IN_ROOM', EVENT.roomInput, { input: 1 }, { room: lab.name('room') })
  }),
]

const STATE: readonly Case[] = [
  roomCase('state', 'a broadcast with retain becomes the state of the room, and the last one counts', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(one)
    for (const round of [1, 2]) await one.ask(EVENT.broadcast, { message: { round }, retain: true }, { room })
    await one.ask(EVENT.broadcast, { message: 'not kept' }, { room })
    const got = await one.ask(EVENT.stateGet, { room_id: room })
    expectEqual(got['state'], { round: 2 }, 'the state')
    expectInteger(got['offset'], 'offset')
    const { state } = await other.ask(EVENT.roomJoin, { room_id: room })
    expectEqual(state, { round: 2 }, 'the state that the join gives')
  }),
  roomCase('state-none', 'the state of a room without retained state is null', async (lab) => {
    const player = await lab.player()
    const room_id = await lab.room(player)
    expectEqual((await player.ask(EVENT.stateGet, { room_id }))['state'], null, 'the state')
  }),
  roomCase('state-not-joined', 'the state of a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const [member, stranger] = await Promise.all([lab.player(), lab.player()])
    await stranger.refused('NOT_IN_ROOM', EVENT.stateGet, { room_id: await lab.room(member) })
  }),
  roomCase('state-of-another', 'each room has a state of its own', async (lab) => {
    const player = await lab.player()
    const [room, room_id] = [await lab.room(player), await lab.room(player)]
    await player.ask(EVENT.broadcast, { message: 1, retain: true }, { room })
    expectEqual((await player.ask(EVENT.stateGet, { room_id }))['state'], null, 'the state')
  }),
]

const PRESENCE: readonly Case[] = [
  roomCase('joined', 'members are told who has joined', async (lab) => {
    const [one, other, third] = await Promise.all([lab.player(), lab.player(), lab.player()])
    const room = await lab.room(one, other, third)
    await expectTold(one, SERVER_EVENT.joined, room, [other.userId, third.userId])
  }),
  roomCase('left', 'members are told who has left', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(one, other)
    await expectTold(one, SERVER_EVENT.joined, room, [other.userId])
    await other.ask(EVENT.roomLeave, { room_id: room })
    await expectTold(one, SERVER_EVENT.left, room, [other.userId])
  }),
  roomCase('presence', 'presence.list has users, next_cursor and total', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player(undefined, { encoding: 'msgpack' })])
    const room_id = await lab.room(one, other)
    const { users, next_cursor, total } = await other.ask(EVENT.presenceList, { room_id })
    const ids = listOf(users, 'users').map((user) => String(fieldsOf(user)['user_id']))
    expectEqual([...ids].sort(), [one.userId, other.userId].sort(), 'the users')
    expectEqual({ next_cursor, total }, { next_cursor: null, total: 2 }, 'the rest')
  }),
  roomCase('presence-connections', 'a user with two connections is listed once', async (lab) => {
    const one = await lab.player()
    const other = await lab.player(one.userId)
    const room_id = await lab.room(one, other)
    const { users, total } = await one.ask(EVENT.presenceList, { room_id })
    expectEqual(total, 1, 'total')
    expectEqual(fieldsOf(listOf(users, 'users')[0])['connections'], 2, 'connections')
  }),
  roomCase('presence-pages', 'next_cursor continues presence.list, and nobody is left out', async (lab) => {
    const members = await Promise.all(Array.from({ length: 5 }, () => lab.player()))
    const room_id = await lab.room(...members)
    const found: string[] = []
    let cursor: unknown
    do {
      const page = await (members[0] as Peer).ask(EVENT.presenceList, {
        room_id,
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      })
      const users = listOf(page['users'], 'users')
      expectThat(users.length >= 1 && users.length <= 2, 'one or two users', users)
      found.push(...users.map((user) => String(fieldsOf(user)['user_id'])))
      cursor = page['next_cursor']
    } while (cursor !== null && found.length < 10)
    expectEqual([...found].sort(), members.map(({ userId }) => userId).sort(), 'the users')
  }),
  roomCase('presence-namespace', 'presence.list without a room lists the namespace', async (lab) => {
    const player = await lab.player()
    const { users, total } = await player.ask(EVENT.presenceList, { limit: 1 })
    expectEqual(listOf(users, 'users').length, 1, 'the number of users')
    expectInteger(total, 'total', 1)
  }),
  roomCase('presence-not-joined', 'presence.list for a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const [member, stranger] = await Promise.all([lab.player(), lab.player()])
    await stranger.refused('NOT_IN_ROOM', EVENT.presenceList, { room_id: await lab.room(member) })
  }),
]

/** Makes a room that is deleted when the case is over. */
async function makeRoom(lab: Lab, namespace: string, capacity: number): Promise<string> {
  const room_id = lab.name('room')
  await lab.admin('POST', '/api/v1/rooms', { room_id, namespace, capacity, game: null })
  lab.later(() => lab.askAdmin('DELETE', `/api/v1/rooms/${room_id}`))
  return room_id
}

const MADE: readonly Case[] = [
  roomCase('full', 'a room that has reached its capacity: ROOM_FULL', async (lab) => {
    const [one, other] = await Promise.all([lab.player(), lab.player()])
    const room_id = await makeRoom(lab, one.namespace, 1)
    await one.ask(EVENT.roomJoin, { room_id })
    await other.refused('ROOM_FULL', EVENT.roomJoin, { room_id })
  }),
  roomCase('of-guests', 'guests can join a room that was made for them', async (lab) => {
    const guest = await lab.guest()
    const room = await makeRoom(lab, guest.namespace, 10)
    await guest.ask(EVENT.roomJoin, { room_id: room })
    const message = lab.name('message')
    await guest.ask(EVENT.broadcast, { message }, { room })
    await guest.event(says(message), 'the event')
  }),
  roomCase('read-back', 'a room can be read, and is gone after it was deleted', async (lab) => {
    const player = await lab.player()
    const { namespace } = player
    const room_id = await makeRoom(lab, namespace, 7)
    await player.ask(EVENT.roomJoin, { room_id })
    await player.ask(EVENT.broadcast, { message: 'kept', retain: true }, { room: room_id })
    const { capacity, members, state, game } = await lab.admin('GET', `/api/v1/rooms/${room_id}`)
    expectEqual({ capacity, members, state, game }, { capacity: 7, members: 1, state: 'kept', game: null }, 'the room')
    await lab.admin('DELETE', `/api/v1/rooms/${room_id}`)
    expectRefused(await lab.askAdmin('GET', `/api/v1/rooms/${room_id}`), 404)
  }),
  roomCase('broadcast-by-rest', 'a broadcast by REST to a room reaches only its members', async (lab) => {
    const [member, stranger] = await Promise.all([lab.player(), lab.player()])
    const room = await lab.room(member)
    const message = lab.name('message')
    await lab.admin('POST', '/api/v1/broadcast', { namespace: member.namespace, room, message })
    await member.event(says(message), 'the event')
    await lab.expectNothing([stranger], says(message), 'no event')
  }),
].map((one) => ({ ...one, section: 8, needs: PLAYERS_AND_ADMIN }))

export const ROOM_CASES: readonly Case[] = [...JOINING, ...SPEAKING, ...STATE, ...PRESENCE, ...MADE]
