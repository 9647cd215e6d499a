/** Recordings of rooms: real hosts, a real primary, workers and clients in one process; the files are real, too. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { t as type, type Game } from '../../src/games/index.ts'
import { playRecording, type PlayReport } from '../../src/games/recording/play.ts'
import { readRecording, type Recording } from '../../src/games/recording/read.ts'
import type { OpenArgs } from '../../src/link/methods/games.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { adder, type AdderState as Sum, type Replies } from '../helpers/games/adder.ts'
import { GAME } from '../helpers/games/open-games.ts'
import { saga } from '../helpers/games/saga.ts'
import { BUY, enrich } from '../helpers/games/shoppers.ts'
import type { HouseOptions } from '../helpers/house/house.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

interface Recorded extends OpenHouse {
  readonly folder: string
  readonly make: (game: string, more?: Partial<OpenArgs>) => Promise<string>
  /** Of the room; undefined: there is none. */
  readonly recordingOf: (room: string) => Recording | undefined
}

async function openRecorded(
  t: Test,
  games: readonly Game[] | (() => readonly Game[]),
  options: HouseOptions = {},
): Promise<Recorded> {
  const folder = t.testdir({})
  const opened = await openHouse(t, {
    recordings: folder,
    startHost: realHost(games),
    ...options,
    env: { GAME_HOSTS: '2', ...options.env },
  })
  const { house } = opened
  return {
    ...opened,
    folder,
    make: async (game, more = {}) => {
      const args = {
        namespace: 'private' as Namespace,
        options: {},
        isLocked: false,
        password: null,
        idempotencyKey: null,
      }
      return (await house.ask('gameRoomOpen', { ...args, game, ...more })).room_id
    },
    recordingOf: (room) => {
      const name = `${room.replace(':', '.')}.recording`
      return readdirSync(folder).includes(name) ? readRecording(path.join(folder, name)) : undefined
    },
  }
}

const send = (client: PlainClient, room: string, name: string, input: object = {}) =>
  client.ask(GAME.input, { name, input }, { room })

function killHosts({ house }: OpenHouse): void {
  for (const host of house.hosts) if (!host.hasEnded) host.kill()
}

/** What differs, and what was compared, in words. */
function saidOf({ difference, torn, end }: PlayReport): unknown {
  return { difference, torn, why: end?.why }
}

t.test(
  'a match with all that may enter it, over deaths and moves of its host, is one recording that plays to the same',
  async (t) => {
    const opened = await openRecorded(t, [saga])
    const { house, enter, make, pass, recordingOf } = opened
    await enrich(house, 'alice')
    const alice = await enter('alice')
    const room = await make('saga', { options: { gold: 5 } })
    await alice.ask(GAME.join, { room_id: room })
    const bob = await enter('bob')
    await bob.ask(GAME.join, { room_id: room })
    let isBobHere = true
    const play = async (forMs: number) => {
      for (let i = 0; i < forMs / 100; i++) {
        const sent = [send(alice, room, 'go', { by: (i % 7) / 4 })]
        if (i % 5 === 0) sent.push(send(alice, room, 'go', { by: 9 }))
        if (isBobHere && i % 3 === 0) sent.push(send(bob, room, 'roll'))
        if (isBobHere && i % 8 === 0) sent.push(send(bob, room, 'ask', { what: `w${i}` }))
        await pass(100)
        await Promise.all(sent)
      }
    }
    await play(2_500)
    await alice.ask(BUY, { good_id: 'shield', count: 1 }, { key: 'a-purchase-of-alice-1' })
    t.match(await send(bob, room, 'break'), { error: { code: 'GAME_FAILED' } })
    await play(1_500)
    killHosts(opened)
    await play(3_200)
    isBobHere = false
    await bob.close()
    await play(3_000)
    const rolled = house.node.hostSupervisor.roll({ withinMs: 10_000, graceMs: 0, onReplaced: () => {} })
    await play(3_000)
    await house.time.settle(rolled)
    killHosts(opened)
    await play(2_300)
    await send(alice, room, 'win')
    await pass(1_000)

    const recording = recordingOf(room)
    if (!recording) throw new Error('there is none')
    t.match(recording.head, { game: 'saga', version: 1, began: 'start', tick: 0, room, options: { gold: 5 } })
    const kinds = new Set<string>()
    const notes: string[] = []
    let report = playRecording(saga, recording, {
      onTick: ({ record }) => record()?.entries.forEach(({ kind }) => kinds.add(kind)),
      onNote: ({ what }) => notes.push(what),
    })
    t.match(saidOf(report), { difference: undefined, torn: undefined, why: 'over' })
    t.ok(report.hashes >= 15 && report.states >= 12, `${report.hashes} hashes, ${report.states} states`)
    t.equal(report.run?.tick, report.end?.tick)
    t.strictSame([...kinds].sort(), ['bought', 'drop', 'input', 'join', 'leave', 'moved', 'result'])
    t.match(notes, ['host died', 'host replaced', 'host died'])
    report = playRecording(saga, recording, { toTick: 50 })
    t.equal(report.run?.tick, 50)
    t.equal(report.difference, undefined)
  },
)

/** Also takes `bad`, which throws: ten in a row end the room. @param more in the place of what it has, or beside it */
function fragile(more: Readonly<Record<string, unknown>> = {}): Game {
  const add = { type: type.object({ by: type.uint8() }), perSecond: 1_000 }
  const bad = () => {
    throw new Error('bad')
  }
  return adder({
    inputs: { add, bad: { type: type.object({}), perSecond: 1_000 } },
    on: {
      add: (state: Sum, _seat: unknown, { by }: { by: number }, room: Replies) => room.reply((state.sum += by)),
      bad,
    },
    ...more,
  })
}

/** Alice in a room of the game. */
async function openAdder(t: Test, options: HouseOptions & { readonly record?: boolean } = {}) {
  let game = fragile()
  const { record = true, ...house } = options
  const opened = await openRecorded(t, () => [game], house)
  const room = await opened.make('adder', { record })
  const alice = await opened.enter('alice')
  await alice.ask(GAME.join, { room_id: room })
  const roll = async (next: Game) => {
    game = next
    const how = { withinMs: 10_000, graceMs: 0, onReplaced: () => {} }
    return opened.house.time.settle(
      opened.house.node.hostSupervisor.roll(how).then(
        () => 'done',
        (error: unknown) => (error as Error).message,
      ),
    )
  }
  const add = (by: number) => send(alice, room, 'add', { by })
  return { ...opened, room, alice, add, roll }
}

t.test('a room that its game fails is recorded from its last checkpoint, if nobody had asked for more', async (t) => {
  const { room, alice, add, pass, recordingOf } = await openAdder(t, { record: false })
  await add(3)
  await pass(2_500)
  t.equal(recordingOf(room), undefined)
  await add(4)
  // In one tick: a checkpoint between them would be where it begins.
  await Promise.all(Array.from({ length: 10 }, () => send(alice, room, 'bad')))
  await pass(500)
  const recording = recordingOf(room)
  if (!recording) throw new Error('there is none')
  t.match(recording.head, { began: 'checkpoint' })
  t.ok(recording.head.tick >= 40, `from tick ${recording.head.tick}`)
  const failures: string[] = []
  const report = playRecording(fragile(), recording, {
    onTick: ({ result }) => failures.push(...result.failures.map(({ callback }) => callback)),
  })
  t.match(saidOf(report), { difference: undefined, why: 'failed' })
  t.strictSame(failures, Array(10).fill('on.bad'), 'the replay shows what failed')
  t.match(report.run?.ending, { why: 'failed' })
})

t.test('a room that ends two hosts is recorded up to what is known of it', async (t) => {
  const opened = await openAdder(t, { record: false })
  const { room, add, pass, recordingOf, house } = opened
  await add(3)
  await pass(1_500)
  const handle = house.node.context.games.rooms.get(room as RoomId)?.handle ?? 0
  const culprit = { why: 'time', handle, game: 'adder', callback: 'tick', tick: 31, ranMs: 500 } as const
  for (let i = 0; i < 2; i++) {
    for (const host of house.hosts) if (!host.hasEnded) host.kill(culprit)
    await pass(8_000)
  }
  const recording = recordingOf(room)
  if (!recording) throw new Error('there is none')
  const report = playRecording(fragile(), recording)
  t.match(report, { difference: undefined, end: { why: 'failed', isOfGame: false, message: /it ended two hosts/ } })
})

t.test('new code of a game is a part of its own; what goes back to the old code, too', async (t) => {
  const { house, room, add, roll, pass, recordingOf } = await openAdder(t)
  await add(1)
  await pass(1_200)
  const double = fragile({
    version: 2,
    migrate: { 1: (old: object) => old },
    on: {
      add: (state: Sum, _seat: unknown, { by }: { by: number }, room: Replies) => room.reply((state.sum += 2 * by)),
      bad: () => {},
    },
  })
  t.equal(await roll(double), 'done')
  await add(10)
  await pass(2_000)
  // It shows when it has the room only, and its host is a successor yet.
  const broken = fragile({
    version: 3,
    migrate: { 1: (old: object) => old, 2: (old: object) => old },
    on: {
      add: (state: Sum, _seat: unknown, _input: unknown, room: Replies) => room.reply((state.sum += 1_000)),
      bad: () => {},
    },
    tick(state: Sum) {
      state.ticks++
      if (state.sum >= 1_000) throw new Error('not this one')
    },
  })
  const rolled = roll(broken)
  for (let i = 0; i < 40; i++) await add(1)
  t.match(await rolled, /tick threw Error: not this one/)
  await add(20)
  await pass(3_000)
  const { state } = await house.ask('gameRoom', { room: room as RoomId })
  const recording = recordingOf(room)
  if (!recording) throw new Error('there is none')
  const parts = recording.parts()
  t.match(
    parts.map(({ why, version }) => [why, version]),
    [
      ['start', 1],
      ['other code', 2],
      ['other code', 3],
      ['other code', 2],
    ],
  )
  t.equal(parts[2]?.tick, parts[3]?.tick, 'it goes back to where it was handed over')
  t.ok((parts[3]?.othersUpTo ?? 0) > (parts[3]?.tick ?? 0), 'with what has come in since')
  const first = playRecording(fragile(), recording)
  t.match(first, { difference: undefined, otherVersions: [{ version: 2 }, { version: 3 }, { version: 2 }] })
  t.equal(first.run?.tick, parts[1]?.tick, 'the old code plays what was played by it')
  const second = playRecording(double, recording)
  t.equal(second.difference, undefined)
  t.ok(second.states >= 3, `${second.states} states of the new one`)
  const { sum } = JSON.parse(second.run?.checkpoint().state ?? '{}') as Sum
  t.equal(sum, (state as unknown as Sum).sum)
})

t.test('a recording goes on when its room comes back with the node', async (t) => {
  const opened = await openAdder(t)
  const { house, room, enter, pass, recordingOf } = opened
  let { alice } = opened
  let sum = 0
  const play = async (times: number) => {
    for (let i = 0; i < times; i++) {
      t.match(await send(alice, room, 'add', { by: 3 }), { data: { value: (sum += 3) } })
      await pass(130)
    }
  }
  await play(12)
  // In the middle of a second, in its first moments, and twice in a row.
  for (const lateMs of [400, 50, 0]) {
    await pass(lateMs)
    await house.kill()
    await pass(7_000)
    await house.start()
    alice = await enter('alice')
    t.match(await alice.ask(GAME.join, { room_id: room }), { success: true })
    if (lateMs > 0) await play(15)
  }
  await pass(2_300)
  await house.ask('roomDelete', { room: room as RoomId, ifTag: null })
  await pass(500)
  const recording = recordingOf(room)
  if (!recording) throw new Error('there is none')
  const notes: string[] = []
  const kinds = new Set<string>()
  const report = playRecording(fragile(), recording, {
    onTick: ({ record }) => record()?.entries.forEach(({ kind }) => kinds.add(kind)),
    onNote: ({ what }) => notes.push(what),
  })
  t.match(saidOf(report), { difference: undefined, torn: undefined })
  t.strictSame(notes, Array(3).fill('server restarted'))
  t.ok(kinds.has('returned'), 'its time stood still')
  t.equal(report.run?.tick, report.end?.tick)
  const { sum: played } = JSON.parse(report.run?.checkpoint().state ?? '{}') as Sum
  t.equal(played, sum)
})

t.test('a recording that is deleted ends, and its room goes on', async (t) => {
  const { room, add, pass, recordingOf, house } = await openAdder(t)
  await pass(1_500)
  t.ok(recordingOf(room))
  t.strictSame(await house.ask('recordingDelete', { id: room.replace(':', '.') }), { wasThere: true })
  t.strictSame(await house.ask('recordingDelete', { id: room.replace(':', '.') }), { wasThere: false })
  t.match(await add(5), { data: { value: 5 } })
  await pass(1_500)
  t.equal(recordingOf(room), undefined)
  t.match(await add(5), { data: { value: 10 } })
})

t.test('where nothing can be recorded, whoever asks for it is told', async (t) => {
  const { house } = await openHouse(t, { startHost: realHost([fragile()]), env: { GAME_HOSTS: '1' } })
  const args = { namespace: 'private' as Namespace, options: {}, isLocked: false, password: null, idempotencyKey: null }
  const asked = house.ask('gameRoomOpen', { ...args, game: 'adder', record: true })
  await t.rejects(asked, { code: 'BAD_REQUEST', details: { path: 'record' } })
})
