import { EVENT, SERVER_EVENT } from '../../protocol/events.ts'
import { GAME_FRAME } from '../../protocol/game-bytes.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectThat, fieldsOf, listOf } from '../expect.ts'
import type { Lab } from '../lab.ts'
import {
  enter,
  expectGame,
  findAlone,
  GAME,
  isPatch,
  match,
  place,
  reach,
  snapshotOf,
  viewOf,
  type Seated,
} from '../match.ts'
import { isEvent, payloadOf } from '../peer.ts'

function gameCase(id: string, checks: string, run: (lab: Lab) => Promise<void>): Case {
  return { id: `game.${id}`, section: 3, checks, needs: PLAYERS, run }
}

const isOver = (room: string) => (frame: Readonly<Record<string, unknown>>) =>
  isEvent(SERVER_EVENT.status)(frame) && frame['room'] === room && payloadOf(frame)['status'] === 'over'

/** An input with these fields has to be refused with BAD_REQUEST, and must not change the room. */
function refusedInput(id: string, checks: string, payload: Readonly<Record<string, unknown>>): Case {
  return gameCase(`input.${id}`, `${checks}: BAD_REQUEST, and the room does not change`, async (lab) => {
    const { x } = await match(lab)
    const before = await snapshotOf(x)
    await x.peer.refused('BAD_REQUEST', EVENT.roomInput, payload, { room: x.room })
    expectEqual((await snapshotOf(x))['state'], before['state'], 'the state')
  })
}

/** Checks that the state that each client has made from its patches is the server's. */
async function expectSame(...all: readonly Seated[]): Promise<void> {
  for (const one of all) {
    const { tick, state } = await snapshotOf(one)
    const view = viewOf(one)
    expectEqual({ tick: view.tick, state: view.state }, { tick, state }, 'what the patches make')
    expectEqual(view.gaps, [], 'patches that start from another tick')
  }
}

/** Plays until x wins with the first row. */
async function play({ x, o }: { readonly x: Seated; readonly o: Seated }): Promise<void> {
  const moves = [0, 3, 1, 4, 2]
  for (const [i, cell] of moves.entries()) {
    const reply = await place(i % 2 === 0 ? x : o, cell)
    expectThat(reply['success'] === true, 'success: true for a move', reply)
  }
}

const ENTERING: readonly Case[] = [
  ...inBoth('game.find', (encoding) => ({
    section: 3,
    checks: 'the reply to a find is that of a join, with the game',
    needs: PLAYERS,
    run: async (lab) => {
      const { peer, data, game } = await findAlone(lab, encoding)
      expectInteger(data['members'], 'members', 1)
      expectInteger(data['offset'], 'offset')
      expectGame(game, peer.userId)
    },
  })),
  gameCase('find.unknown', 'find with an unknown game: GAME_NOT_FOUND', async (lab) => {
    const { peer } = await findAlone(lab)
    await peer.refused('GAME_NOT_FOUND', EVENT.roomFind, { game: 'no-such-game' })
  }),
  gameCase('find.unlisted', 'find by a field that the game does not list: BAD_REQUEST', async (lab) => {
    const { peer } = await findAlone(lab)
    await peer.refused('BAD_REQUEST', EVENT.roomFind, { game: GAME, where: { no_such_field: 1 } })
  }),
  gameCase('find.wrong-type', 'find by a value of another type: BAD_REQUEST', async (lab) => {
    const { peer } = await findAlone(lab)
    await peer.refused('BAD_REQUEST', EVENT.roomFind, { game: GAME, where: { phase: 7 } })
  }),
  gameCase('list', 'a room that waits for players is listed, with its seats', async (lab) => {
    const { peer, room } = await findAlone(lab)
    const { rooms } = await peer.ask(EVENT.roomList, { game: GAME, where: { phase: 'waiting' }, limit: 100 })
    const found = listOf(rooms, 'rooms')
      .map(fieldsOf)
      .find((one) => one['room_id'] === room)
    expectThat(found !== undefined, `the room ${room}`, rooms)
    const { seats, seats_max, listing } = found
    expectEqual({ seats, seats_max, listing }, { seats: 1, seats_max: 2, listing: { phase: 'waiting' } }, 'the room')
  }),
  gameCase('join', 'a join by id takes the other seat, and the players in the room get a patch', async (lab) => {
    const x = await findAlone(lab)
    const o = await enter(lab, x)
    expectGame(o.game, o.peer.userId)
    const view = await reach(x, Number(o.game['tick']))
    expectEqual(view.state, o.game['state'], 'what the patch makes')
    expectEqual(view.gaps, [], 'patches that start from another tick')
  }),
  gameCase('join.unknown', 'a join does not create a room of a game', async (lab) => {
    const { peer, game } = await findAlone(lab)
    const { data } = await peer.request(EVENT.roomJoin, { room_id: lab.name('room') })
    expectThat(!('game' in fieldsOf(data)), `no game "${String(game['name'])}" in a room of another name`, data)
  }),
  gameCase('join.twice', 'two connections of a user have one seat', async (lab) => {
    const x = await findAlone(lab)
    const second = await enter(lab, x, x.peer.userId)
    expectEqual(second.game['seat'], x.peer.userId, 'the seat')
    expectEqual(fieldsOf(second.game['state'])['phase'], 'waiting', 'the phase')
  }),
  gameCase('join.full', 'if no seat is left, a join is refused', async (lab) => {
    const { x } = await match(lab)
    const third = await lab.player()
    const { success, error } = await third.request(EVENT.roomJoin, { room_id: x.room })
    const { code } = fieldsOf(error)
    expectThat(
      success === false && (code === 'ROOM_FULL' || code === 'FORBIDDEN' || code === 'ROOM_LOCKED'),
      'a refusal',
      error,
    )
  }),
  gameCase('leave', 'after a leave the player gets no patch, and may send no input', async (lab) => {
    const x = await findAlone(lab)
    const second = await enter(lab, x, x.peer.userId)
    await x.peer.ask(EVENT.roomLeave, { room_id: x.room })
    const before = x.peer.frames.filter(isPatch).length
    await second.peer.request(EVENT.roomLeave, { room_id: x.room })
    await x.peer.refused('NOT_IN_ROOM', EVENT.roomInput, { name: 'place', input: { cell: 0 } }, { room: x.room })
    expectEqual(x.peer.frames.filter(isPatch).length, before, 'the number of patches')
  }),
]

const PLAYING: readonly Case[] = [
  gameCase('input', 'an input is answered with its tick, and everybody gets what it changed', async (lab) => {
    const { x, o } = await match(lab)
    const reply = await place(x, 4, 17)
    expectThat(reply['success'] === true, 'success: true', reply)
    const tick = expectInteger(fieldsOf(reply['data'])['tick'], 'tick')
    for (const one of [x, o]) {
      const { state } = await reach(one, tick)
      expectEqual(fieldsOf(state)['cells'], ['', '', '', '', 'x', '', '', '', ''], 'the cells')
    }
    await expectSame(x, o)
  }),
  gameCase('acks', 'patches give the highest handled `seq` of a seat', async (lab) => {
    const { x, o } = await match(lab)
    await place(x, 0, 5)
    await place(o, 1, 900)
    await place(x, 2, 6)
    const { tick } = await snapshotOf(x)
    await reach(x, Number(tick))
    await reach(o, Number(tick))
    expectEqual([viewOf(x).acked, viewOf(o).acked], [6, 900], 'the acks')
  }),
  gameCase('chain', 'each patch starts from the tick of the patch before, over a whole match', async (lab) => {
    const both = await match(lab)
    await play(both)
    for (const one of [both.x, both.o]) {
      await one.peer.event(isOver(one.room), 'the end')
      const view = viewOf(one)
      expectEqual(view.gaps, [], 'patches that start from another tick')
      expectThat(view.patches >= 5, 'a patch for each move', view.patches)
      expectEqual(fieldsOf(view.state)['phase'], 'over', 'the phase')
    }
  }),
  gameCase('refused', "the game's own refusal: REFUSED with its code, and nothing changes", async (lab) => {
    const { x, o } = await match(lab)
    const before = await snapshotOf(x)
    const error = fieldsOf((await place(o, 0))['error'])
    expectEqual([error['code'], fieldsOf(error['details'])['code']], ['REFUSED', 'NOT_YOUR_TURN'], 'the codes')
    expectEqual((await snapshotOf(x))['state'], before['state'], 'the state')
  }),
  gameCase('over', 'the end is a logged event with the result; after it no input is accepted', async (lab) => {
    const both = await match(lab)
    await play(both)
    const { x, o } = both
    for (const { peer, room } of [x, o]) {
      const over = await peer.event(isOver(room), 'the end')
      expectInteger(over['offset'], 'offset', 1)
      expectEqual(payloadOf(over)['result'], { how: 'row', winner: x.peer.userId }, 'the result')
    }
    const { code } = fieldsOf((await place(o, 8))['error'])
    expectThat(code === 'ROOM_OVER' || code === 'NOT_IN_ROOM', 'ROOM_OVER or NOT_IN_ROOM', code)
  }),
  gameCase('snapshot', 'a snapshot equals what the patches make, and has all that a join returns', async (lab) => {
    const { x, o } = await match(lab)
    await place(x, 4)
    const snapshot = await snapshotOf(o)
    expectGame(snapshot, o.peer.userId)
    const { is_new_seat: _ofJoins, ...told } = o.game
    expectEqual(Object.keys(snapshot).sort(), Object.keys(told).sort(), 'the fields')
    await expectSame(x, o)
  }),
  gameCase('snapshot.not-joined', 'a snapshot of a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const { room } = await findAlone(lab)
    const stranger = await lab.player()
    await stranger.refused('NOT_IN_ROOM', EVENT.roomSnapshot, {}, { room })
  }),
  gameCase('input.not-joined', 'an input for a room that was not joined: NOT_IN_ROOM', async (lab) => {
    const { room } = await findAlone(lab)
    const stranger = await lab.player()
    await stranger.refused('NOT_IN_ROOM', EVENT.roomInput, { name: 'place', input: { cell: 0 } }, { room })
  }),
  refusedInput('unknown', 'an input that the game does not have', { name: 'fly', input: {} }),
  refusedInput('type', 'an input of the wrong type', { name: 'place', input: { cell: 'four' } }),
  refusedInput('bounds', 'a number that is out of bounds', { name: 'place', input: { cell: 256 } }),
  refusedInput('fraction', 'a fraction in place of an integer', { name: 'place', input: { cell: 1.5 } }),
  refusedInput('absent', 'an input that lacks a field', { name: 'place', input: {} }),
  refusedInput('extra', 'an input with an unknown field', { name: 'place', input: { cell: 0, more: 1 } }),
  refusedInput('seq', 'a seq that is not an integer', { name: 'place', input: { cell: 0 }, seq: 0.5 }),
  refusedInput('seq-large', 'a seq of 2^53', { name: 'place', input: { cell: 0 }, seq: 2 ** 53 }),
]

const COMING_BACK: readonly Case[] = [
  ...inBoth('game.resume', (encoding) => ({
    section: 4,
    checks: 'after a resume, a snapshot with the seat follows `resumed`, and later patches fit it',
    needs: PLAYERS,
    run: async (lab) => {
      const { x, o } = await match(lab, encoding)
      const { first, userId } = x.peer
      await x.peer.cut()
      const since = `${String(first['epoch'])}:${String(first['offset'])}`
      const query = { resume: String(first['resume_token']), since, rooms: x.room }
      const peer = await lab.player(userId, { encoding, query })
      const snapshot = await peer.event(isEvent(EVENT.roomSnapshot), 'a snapshot')
      expectEqual(snapshot['room'], x.room, 'the room')
      expectGame(payloadOf(snapshot), userId)
      const from = peer.frames.indexOf(snapshot)
      const back: Seated = { ...x, peer, game: payloadOf(snapshot), from }
      const reply = await place(back, 0)
      expectThat(reply['success'] === true, 'success: true', reply)
      const tick = Number(fieldsOf(reply['data'])['tick'])
      for (const one of [back, o])
        expectEqual((await reach(one, tick)).gaps, [], 'patches that start from another tick')
      await peer.request(EVENT.roomLeave, { room_id: x.room })
    },
  })),
]

/** The input `place` as bytes: u8 cell. */
function binaryInput(
  { game }: Seated,
  id: string,
  bytes: readonly number[],
  handle = expectInteger(game['handle'], 'handle'),
): Buffer {
  const index = listOf(game['inputs'], 'inputs').findIndex((input) => fieldsOf(input)['name'] === 'place')
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
  return Buffer.concat([
    Buffer.from([GAME_FRAME, 2, 2, ...varint(handle), ...varint(index), id.length]),
    Buffer.from(id),
    Buffer.from(bytes),
  ])
}

function refusedBytes(id: string, checks: string, make: (seated: Seated) => Buffer, code = 'BAD_REQUEST'): Case {
  return gameCase(`binary.${id}`, `${checks}: ${code}, and the room does not change`, async (lab) => {
    const { x } = await match(lab, 'msgpack')
    const before = await snapshotOf(x)
    x.peer.sendBytes(make(x))
    const { success, error } = await x.peer.reply('b1')
    expectThat(success === false && fieldsOf(error)['code'] === code, code, error)
    expectEqual((await snapshotOf(x))['state'], before['state'], 'the state')
  })
}

const BINARY: readonly Case[] = [
  gameCase('binary.input', 'an input as bytes works like any other', async (lab) => {
    const { x, o } = await match(lab, 'msgpack')
    x.peer.sendBytes(binaryInput(x, 'b1', [4]))
    const reply = await x.peer.reply('b1')
    expectThat(reply['success'] === true, 'success: true', reply)
    const tick = expectInteger(fieldsOf(reply['data'])['tick'], 'tick')
    for (const one of [x, o]) expectEqual((await reach(one, tick)).gaps, [], 'patches that start from another tick')
    const { cells } = fieldsOf((await snapshotOf(o))['state'])
    expectEqual(cells, ['', '', '', '', 'x', '', '', '', ''], 'the cells')
  }),
  refusedBytes(
    'handle',
    'bytes for a room that was not joined',
    (x) => binaryInput(x, 'b1', [4], 4_000_000_000),
    'NOT_IN_ROOM',
  ),
  refusedBytes('cut-off', 'bytes that are cut off', (x) => binaryInput(x, 'b1', [])),
  refusedBytes('trailing', 'bytes with more after them', (x) => binaryInput(x, 'b1', [4, 4])),
]

export const GAME_CASES: readonly Case[] = [...ENTERING, ...PLAYING, ...COMING_BACK, ...BINARY]
