/** The node dies, or is stopped, and starts again: its rooms are there as they were. The hosts play a scripted game. */
import t from 'tap'
import { encodeHead } from '../../src/games/journal.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { GAME, openGames, payloadsOf } from '../helpers/games/open-games.ts'
import type { ScriptedHost } from '../helpers/games/scripted-host.ts'
import type { House } from '../helpers/house/house.ts'
import { linesInto, type LogEntry } from '../helpers/house/log-entries.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

/** What the log says of rooms that come back, or do not. */
const SAID = {
  back: 'rooms with games have come back',
  kept: 'rooms with games cannot go on: their journals are kept',
  lost: 'rooms with games were lost with the server: they have no result, and pay nothing',
}

/** Comes back as the client library does, and has seen its room. */
async function comeBack(client: PlainClient, room: string): Promise<PlainClient> {
  const back = await client.resume([room])
  await back.until(() => payloadsOf(back, GAME.snapshot).length > 0, 'a snapshot')
  return back
}

async function restart(house: House): Promise<void> {
  await house.kill()
  await house.start()
}

const AS_REST = {
  namespace: 'private' as Namespace,
  game: 'counter',
  options: {},
  isLocked: false,
  password: null,
  idempotencyKey: null,
}

for (const how of ['kill', 'stop'] as const) {
  t.test(`after a ${how} and a start rooms go on: what was acknowledged is there, and seats are held`, async (t) => {
    const { house, enterAll, find, input, hostOf, scripts, pass } = await openGames(t)
    let [alice, bob] = await enterAll('alice', 'bob')
    if (!alice || !bob) throw new Error('nobody')
    const room = await find(alice)
    t.equal(await find(bob), room)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) await input(alice, room, 'add', 1)
      await house[how]()
      await house.start()
      alice = await comeBack(alice, room)
      t.match(payloadsOf(alice, GAME.snapshot), [{ seat: 'alice', state: { count: 4 * round + 3 } }])
      t.strictSame(payloadsOf(alice, GAME.status), [], 'there is nothing to be told')
      t.match(await input(alice, room, 'add', 1), { data: { value: 4 * round + 4 } }, `round ${round}`)
    }
    bob = await comeBack(bob, room)
    t.match(payloadsOf(bob, GAME.snapshot), [{ seat: 'bob' }])
    t.notOk(
      scripts.slice(2).some(({ asked }) => asked.includes('enter alice') || asked.includes('open counter')),
      'the seat is found again, and not taken anew',
    )
    await pass(2_000)
    t.strictSame(hostOf(room).script.room(room)?.seats, { alice: 'here', bob: 'here' })
    const { values } = await house.node.context.metrics.gameRoomsRestored.get()
    t.equal(values.find(({ labels }) => labels['why'] === 'start')?.value, 1)
  })
}

t.test('rooms that came back count for whoever has made them', async (t) => {
  const { house, enter } = await openGames(t, { env: { GAME_ROOMS_PER_USER: '2' } })
  const search = (client: PlainClient, phase: string) =>
    client.ask(GAME.find, { game: 'counter', where: { phase }, options: { phase } })
  const alice = await enter('alice')
  for (const phase of ['p0', 'p1']) t.match(await search(alice, phase), { success: true })
  await restart(house)
  const [again, bob] = [await enter('alice'), await enter('bob')]
  t.match(await search(again, 'p2'), { error: { code: 'OVERLOADED', message: /GAME_ROOMS_PER_USER/ } })
  t.match(await search(bob, 'p2'), { success: true })
})

t.test('/ready and the log say how many are back, spread over the hosts', async (t) => {
  const lines: LogEntry[] = []
  const { house, enter, find } = await openGames(t, { logOutput: linesInto(lines) })
  const alice = await enter('alice')
  for (let i = 0; i < 40; i++) {
    const room = await find(alice, { where: { phase: `p${i}` }, options: { phase: `p${i}` } })
    await alice.ask(GAME.leave, { room_id: room })
  }
  await restart(house)
  await house.time.until(() => lines.some(({ msg }) => msg === SAID.back), 10_000)
  const { parts } = await house.ask('ready', null)
  t.match(
    parts.find(({ part }) => part === 'rooms'),
    { ok: true, reason: '40 of 40 rooms with games have come back' },
  )
  t.match(
    lines.filter(({ msg }) => msg === SAID.back),
    [{ rooms: 40 }],
  )
  t.strictSame(
    Array.from(house.node.context.games.hosts.all, ({ rooms }) => rooms.size),
    [20, 20],
  )
})

t.test('a password and a lock are as they were; a spectator asks anew', async (t) => {
  const { house, enterAll, enter, input } = await openGames(t)
  const made = async (more: object) => (await house.ask('gameRoomOpen', { ...AS_REST, ...more })).room_id
  const secret = await made({ password: 'sesame' })
  const [locked, unlocked] = [await made({ isLocked: true }), await made({ isLocked: true })]
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  await alice.ask(GAME.join, { room_id: secret, password: 'sesame' })
  await bob.ask(GAME.join, { room_id: secret, password: 'sesame', as: 'spectator' })
  // Until there is a checkpoint with her.
  for (let i = 0; i < 5; i++) await input(alice, secret, 'add', 1)
  // The game locks it and opens it again: then its maker's lock is gone, too.
  const { seat: user } = await house.ask('gameBotAdd', { room: unlocked as RoomId, bot: 'easy', idempotencyKey: null })
  for (const name of ['lock', 'unlock'])
    await house.ask('gameRoomInput', { room: unlocked as RoomId, user, name, input: {} })
  await restart(house)
  t.match(payloadsOf(await comeBack(alice, secret), GAME.snapshot), [{ seat: 'alice' }])
  const carol = await enter('carol')
  t.equal((await carol.ask(GAME.join, { room_id: secret })).error?.code, 'FORBIDDEN')
  t.equal((await carol.ask(GAME.join, { room_id: secret, password: 'open' })).error?.code, 'FORBIDDEN')
  t.match(await carol.ask(GAME.join, { room_id: secret, password: 'sesame' }), { data: { game: { seat: 'carol' } } })
  t.equal((await carol.ask(GAME.join, { room_id: locked })).error?.code, 'ROOM_LOCKED')
  t.match(await carol.ask(GAME.join, { room_id: unlocked }), { success: true })
  const watching = await bob.resume([secret])
  t.strictSame(watching.ready['rooms'], [], 'nobody knows any more as what it was there')
  const again = { room_id: secret, password: 'sesame', as: 'spectator' }
  t.match(await watching.ask(GAME.join, again), { data: { game: { seat: null } } })
})

t.test('whoever asks while a room comes back waits for it; a search does not make another one', async (t) => {
  const answers: (() => void)[] = []
  let isHeld = false
  const { house, enterAll, enter, find, input, scripts } = await openGames(t, {
    onScript: (script) => {
      script.onRestore = (_room, handle) => {
        if (!isHeld) return undefined
        answers.push(() => script.restoreNow(handle))
        return 'no answer'
      }
    },
  })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  await input(alice, room, 'add', 1)
  isHeld = true
  await restart(house)
  const { parts } = await house.ask('ready', null)
  t.match(
    parts.find(({ part }) => part === 'rooms'),
    { ok: false, reason: '0 of 1 rooms with games have come back' },
  )
  const back = await alice.resume([room])
  t.strictSame(back.ready['rooms'], [room])
  const carol = await enter('carol')
  const search = carol.request(GAME.find, { game: 'counter' })
  await house.time.pass(300)
  t.strictSame([payloadsOf(back, GAME.snapshot), carol.replies], [[], []])
  for (const answer of answers) answer()
  t.match(await carol.reply(search), { data: { room_id: room } })
  await back.until(() => payloadsOf(back, GAME.snapshot).length > 0)
  t.notOk(scripts.slice(2).some(({ asked }) => asked.includes('open counter')))
})

t.test('a node that dies while rooms come back, again and again, loses nothing of them', async (t) => {
  let isHeld = false
  const { house, enterAll, find, input } = await openGames(t, {
    onScript: (script) => (script.onRestore = () => (isHeld ? 'no answer' : undefined)),
  })
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  const other = await find(bob, { where: { phase: 'other' }, options: { phase: 'other' } })
  for (let i = 0; i < 7; i++)
    for (const each of [alice, bob]) await input(each, each === alice ? room : other, 'add', 1)
  for (const held of [true, false, true, true, false]) {
    isHeld = held
    await restart(house)
  }
  const back = await comeBack(alice, room)
  t.match(await input(back, room, 'add', 1), { data: { value: 8 } })
  t.match(await input(await comeBack(bob, other), other, 'add', 1), { data: { value: 8 } })
})

t.test('what a room has said is said once, whether the log had it when the node died or not', async (t) => {
  const { house, enterAll, find, input } = await openGames(t)
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const room = await find(alice)
  await find(bob)
  const say = (client: PlainClient, data: string) => input(client, room, 'speak', { to: 'all', data })
  await say(alice, 'first')
  await bob.until(() => payloadsOf(bob, GAME.message).length === 1)
  // It takes nothing from here on: the room says it, and checkpoints follow.
  house.faults.refused = 1
  await say(alice, 'second')
  for (let i = 0; i < 12; i++) await input(alice, room, 'add', 1)
  house.faults.refused = 0
  await restart(house)
  const back = await comeBack(bob, room)
  await back.until(() => payloadsOf(back, GAME.message).length > 0)
  await house.time.pass(2_000)
  t.match(payloadsOf(back, GAME.message), [{ data: 'second' }])
  t.strictSame(house.log.filter(({ body }) => /"(?:first|second)"/.test(Buffer.from(body).toString())).length, 2)
})

t.test('a room whose end is not in the log yet ends at the next start; one whose end is there ends once', async (t) => {
  for (const isThere of [false, true]) {
    const { house, enterAll, find, input } = await openGames(t)
    const [alice, bob] = await enterAll('alice', 'bob')
    if (!alice || !bob) throw new Error('nobody')
    const room = await find(alice)
    await find(bob)
    for (let i = 0; i < 4; i++) await input(alice, room, 'add', 1)
    house.journal.delete = () => undefined
    if (!isThere) house.faults.refused = 1
    await input(alice, room, 'finish', { winner: 'alice' })
    if (isThere) await bob.until(() => payloadsOf(bob, GAME.status).length === 1)
    house.faults.refused = 0
    await restart(house)
    const back = await bob.resume([room])
    await house.time.pass(1_000)
    t.match(payloadsOf(back, GAME.status), isThere ? [] : [{ status: 'over', result: { winner: 'alice' } }])
    t.equal(house.log.filter(({ body }) => Buffer.from(body).toString().includes('"over"')).length, 1)
    t.equal((await back.ask(GAME.join, { room_id: room })).error?.code, 'ROOM_OVER')
    await house.close()
  }
})

t.test('a game that is not loaded any more: its rooms wait, and are back when it is', async (t) => {
  const lines: LogEntry[] = []
  let isLoaded = true
  const { house, enter, find, input } = await openGames(t, {
    logOutput: linesInto(lines),
    games: () => (isLoaded ? undefined : []),
  })
  let alice = await enter('alice')
  const room = await find(alice)
  await input(alice, room, 'add', 5)
  isLoaded = false
  await restart(house)
  t.match(
    lines.filter(({ msg }) => msg === SAID.kept),
    [{ reason: 'the game "counter" is not loaded', rooms: 1, some: [room] }],
  )
  const { parts } = await house.ask('ready', null)
  t.match(
    parts.find(({ part }) => part === 'rooms'),
    { ok: true, reason: /1 wait for their game/ },
  )
  alice = await enter('alice')
  t.equal((await alice.ask(GAME.join, { room_id: room })).error?.code, 'GAME_NOT_FOUND')
  await house.time.pass(60_000)
  isLoaded = true
  await house.time.settle(house.node.reload.games())
  await house.time.pass(5_000)
  t.match(await alice.ask(GAME.join, { room_id: room }), { data: { game: { seat: 'alice', state: { count: 5 } } } })
  await restart(house)
  t.match(await input(await comeBack(alice, room), room, 'add', 1), { data: { value: 6 } })
})

t.test('a room that its game cannot go on with waits, with the reason; an operator may delete it', async (t) => {
  const lines: LogEntry[] = []
  const next: { refusal?: Refusal } = {}
  const { house, enter, find } = await openGames(t, {
    logOutput: linesInto(lines),
    onScript: (script) => (script.refuseRestore = next.refusal),
  })
  const alice = await enter('alice')
  const room = (await find(alice)) as RoomId
  next.refusal = new Refusal('GAME_FAILED', 'migrate has no step from 1')
  await restart(house)
  await house.time.until(() => lines.some(({ msg }) => msg === SAID.kept), 10_000)
  t.match(
    lines.filter(({ msg }) => msg === SAID.kept),
    [{ reason: 'migrate has no step from 1', rooms: 1 }],
  )
  const back = await alice.resume([room])
  t.match(await back.ask(GAME.join, { room_id: room }), {
    error: { code: 'GAME_FAILED', message: /migrate has no step/ },
  })
  t.strictSame(await house.journal.rooms(), [room])
  await house.ask('roomDelete', { room, ifTag: null })
  t.strictSame(await house.journal.rooms(), [])
  t.equal((await back.ask(GAME.join, { room_id: room })).error?.code, 'ROOM_OVER')
})

t.test('a room that ends the host that restores it is tried once more, then ended; the others are back', async (t) => {
  let culprit = ''
  const { house, enterAll, find, input, pass, scripts } = await openGames(t, {
    onScript: (script) => {
      script.onRestore = (room, handle) => {
        if (room !== culprit) return undefined
        kill(script, handle)
        return 'no answer'
      }
    },
  })
  let kills = 0
  function kill(script: ScriptedHost, handle: number): void {
    kills++
    house.hosts[scripts.indexOf(script)]?.kill({
      why: 'time',
      handle,
      game: 'counter',
      callback: 'tick',
      tick: 1,
      ranMs: 500,
    })
  }
  const [alice, bob] = await enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  const bad = await find(alice)
  for (let i = 0; i < 5; i++) await input(alice, bad, 'add', 1)
  culprit = bad
  const other = await find(bob, { where: { phase: 'other' }, options: { phase: 'other' } })
  await restart(house)
  const back = await alice.resume([culprit])
  await pass(20_000)
  t.equal(kills, 2)
  t.match(payloadsOf(back, GAME.status), [{ status: 'over', why: 'failed' }])
  t.match(await input(await comeBack(bob, other), other, 'add', 1), { success: true })
})

t.test(
  'journals that are damaged, of another version, or without a beginning cost a line each, and no other room',
  async (t) => {
    const lines: LogEntry[] = []
    const { house, enter, find } = await openGames(t, { logOutput: linesInto(lines) })
    const alice = await enter('alice')
    const room = await find(alice)
    const bytes = Buffer.from('what it was')
    const head = encodeHead({ game: 'counter', version: 1, roomId: 'counter:x', seed: 1, startMs: 0, options: {} })
    const put = (id: string, parts: { readonly head?: Uint8Array; readonly tick?: number }) => {
      if (parts.head) void house.journal.append([{ room: id as RoomId, tick: 0, bytes: parts.head }])
      if (parts.tick !== undefined) void house.journal.checkpoint({ room: id as RoomId, tick: parts.tick, bytes })
    }
    put('counter:headless', { tick: 7 })
    put('counter:unborn', { tick: 0 })
    put('counter:bare', { head })
    for (const i of [1, 2]) put(`counter:other-${i}`, { head, tick: 3 })
    Object.assign(house.journal, { damaged: [{ room: 'counter:torn', reason: 'what is kept of tick 3 is damaged' }] })
    await restart(house)
    t.match(payloadsOf(await comeBack(alice, room), GAME.snapshot), [{ seat: 'alice' }])
    t.match(
      lines.filter(({ msg }) => msg === SAID.lost).map(({ reason, rooms, detail }) => [reason, rooms, detail]),
      [
        ['its journal is damaged', 1, 'what is kept of tick 3 is damaged'],
        ['its journal is without a checkpoint', 1],
        ['its journal is without a head', 1],
      ],
    )
    t.match(
      lines.filter(({ msg }) => msg === SAID.kept),
      [{ reason: 'of another version of Drumbeat', rooms: 2 }],
    )
    t.strictSame(await house.journal.rooms(), [room, 'counter:other-1', 'counter:other-2'])
    const { error } = await (await enter('bob')).ask(GAME.join, { room_id: 'counter:torn' })
    t.match(error, { code: 'ROOM_OVER', details: { why: 'lost' } })
  },
)
