/** Files of recordings: what they keep, what they bear, and what is found in them. */
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Entry } from '../../src/games/entries.ts'
import { compareBuilds, compareRecordings } from '../../src/games/recording/compare.ts'
import { playRecording } from '../../src/games/recording/play.ts'
import { readRecording } from '../../src/games/recording/read.ts'
import { defineGame, t as type, type Game } from '../../src/games/index.ts'
import { readFacts } from '../../src/recordings/recording-file.ts'
import { openShelf, recordMatch, type Match } from '../helpers/games/record-match.ts'

/** A game that adds. @param more in the place of what it has, or beside it */
function counter(more: Readonly<Record<string, unknown>> = {}): Game {
  return defineGame({
    name: 'counter',
    version: 1,
    hz: 20,
    seats: { max: 4 },
    state: type.object({
      sum: type.uint32(),
      at: type.map(type.uint32()),
      chance: type.float64(),
      ticks: type.uint32(),
    }),
    inputs: { add: { type: type.object({ by: type.uint8() }) } },
    create: () => ({ sum: 0, at: {}, chance: 0, ticks: 0 }),
    join: (state: State, seat: { id: string }) => void (state.at[seat.id] = 0),
    on: { add: (state: State, seat: { id: string }, { by }: { by: number }) => add(state, seat.id, by) },
    tick(state: State, room: { random(): number }) {
      state.ticks++
      state.chance = room.random()
    },
    ...more,
  } as never)
}

interface State {
  sum: number
  at: Record<string, number>
  chance: number
  ticks: number
}

function add(state: State, id: string, by: number): void {
  state.sum += by
  state.at[id] = (state.at[id] ?? 0) + by
}

const joins = (user: string): Entry => ({
  kind: 'join',
  joiner: { user, isGuest: false, inventory: {}, ledgerEntry: 0 },
})
const adds = (user: string, by: number): Entry => ({ kind: 'input', user, name: 'add', input: { by } })

/** Two players who add, for ten seconds. */
function match(more: Partial<Match> = {}): Match {
  const entries = (tick: number) => {
    if (tick === 1) return [joins('ann'), joins('bob')]
    return tick % 3 === 0 ? [adds(tick % 2 === 0 ? 'ann' : 'bob', tick % 7)] : []
  }
  return { game: counter(), ticks: 200, entries, ...more }
}

t.test('a recording plays to the same, has all that entered, and is small', async (t) => {
  const shelf = openShelf(t.testdir({}))
  const { run, file } = recordMatch(shelf, match())
  const recording = readRecording(file)
  t.match(recording.head, {
    drumbeat: 'recording',
    format: 1,
    game: 'counter',
    room: 'counter:x',
    began: 'start',
    seed: 7,
  })
  const report = playRecording(counter(), recording)
  t.match(report, { ticks: 200, states: 10, difference: undefined, torn: undefined, end: { tick: 200, why: 'ended' } })
  t.ok(report.hashes >= 10)
  t.strictSame(report.run?.checkpoint(), run.checkpoint())
  t.ok(statSync(file).size < 6_000, `${statSync(file).size} bytes`)
  t.strictSame(
    playRecording(counter(), readRecording(readFileSync(file))).run?.checkpoint(),
    run.checkpoint(),
    'from bytes',
  )
  t.match(readFacts(file), { head: { game: 'counter' }, end: { tick: 200, why: 'ended' }, bytes: statSync(file).size })
})

t.test('what a game uses beside its state is found, with its tick and path', async (t) => {
  const beside = { adds: 0, creates: 0, ticks: 0, clock: 0 }
  const order = new Map<string, number>()
  const planted: Readonly<
    Record<string, { readonly game: Game; readonly what: RegExp; readonly ticks: readonly number[] }>
  > = {
    'a counter beside the state': {
      game: counter({ on: { add: (state: State, { id }: { id: string }) => add(state, id, ++beside.adds) } }),
      what: /^state\.sum is \d+, and was \d+$/,
      ticks: [3, 15],
    },
    'the order of a Map beside the state': {
      game: counter({
        join(state: State, { id }: { id: string }) {
          order.set(id, order.size)
          state.at[id] = 0
        },
        tick(state: State) {
          const [first = ''] = order.keys()
          state.at[first] = (state.at[first] ?? 0) + 1
          if (++state.ticks < 200) return
          order.delete(first)
          order.set(first, 0)
        },
      }),
      what: /^state\.at\.ann is \d+, and was \d+$/,
      ticks: [1, 15],
    },
    'a clock that was taken before the guard stood': {
      game: counter({ tick: (state: State) => void (state.chance = ++beside.clock) }),
      what: /^state\.chance is \d+, and was \d+$/,
      ticks: [1, 15],
    },
    'a create that is another one each time': {
      game: counter({ create: () => ({ sum: ++beside.creates, at: {}, chance: 0, ticks: 0 }) }),
      what: /^state\.sum is 2, and was 1$/,
      ticks: [0, 0],
    },
    'chance that is used up beside the state': {
      game: counter({
        tick: (_state: State, room: { random(): number }) => void (++beside.ticks <= 200 && room.random()),
      }),
      what: /^random/,
      ticks: [1, 20],
    },
  }
  for (const [name, { game, what, ticks }] of Object.entries(planted)) {
    const { file } = recordMatch(openShelf(t.testdir({})), match({ game }))
    const { difference } = playRecording(game, readRecording(file))
    const [from = 0, to = 0] = ticks
    t.match(difference?.what, what, name)
    t.ok(difference && difference.tick >= from && difference.tick <= to, `${name}: tick ${difference?.tick}`)
  }
})

t.test('a game that ends itself ends so in its replay', async (t) => {
  const over = { over: ({ sum }: State) => sum > 50 && { result: { sum } } }
  const shelf = openShelf(t.testdir({}))
  const { file, run } = recordMatch(shelf, match({ game: counter(over) }))
  t.equal(run.ending?.why, 'over')
  const report = playRecording(counter(over), readRecording(file))
  t.match(report, { difference: undefined, end: { why: 'over', isOfGame: true, tick: run.tick } })
  const later = { over: ({ sum }: State) => sum > 80 && { result: { sum } } }
  t.match(playRecording(counter(later), readRecording(file)).difference, { what: /ending.* is missing, and was/ })
  const sooner = { over: ({ sum }: State) => sum > 20 && { result: { sum } } }
  t.match(playRecording(counter(sooner), readRecording(file)).difference, { what: /the replay is over \(over\)/ })
})

t.test('a torn tail is cut off, and said', async (t) => {
  const shelf = openShelf(t.testdir({}))
  const { file } = recordMatch(shelf, match({ isEnded: false }))
  const whole = statSync(file).size
  const ticks = playRecording(counter(), readRecording(file)).run?.tick ?? 0
  t.equal(ticks, 200)
  for (const cut of [1, 7, 60]) {
    truncateSync(file, whole - cut)
    const report = playRecording(counter(), readRecording(file))
    t.match(report, { difference: undefined, torn: /the last \d+ bytes are no whole frame/ }, `${cut} bytes less`)
    t.ok((report.run?.tick ?? 0) < ticks && (report.run?.tick ?? 0) >= 140)
  }
  await t.test('and whoever goes on with it begins behind what is whole', async (t) => {
    const again = openShelf(shelf.folder)
    const pen = again.recorder.resume('counter:x')
    t.equal(pen?.tick, 180)
    pen?.note({ tick: 180, what: 'server restarted' })
    pen?.end({ tick: 180, why: 'lost', isOfGame: false, result: null, message: 'gone' })
    again.recorder.flush()
    t.match(playRecording(counter(), readRecording(file)), {
      difference: undefined,
      torn: undefined,
      end: { why: 'lost' },
    })
    t.strictSame(again.files.unfinished(), [])
  })
})

t.test('recordings of an earlier life that nobody goes on with are ended', async (t) => {
  const shelf = openShelf(t.testdir({}))
  const { file } = recordMatch(shelf, match({ isEnded: false }))
  const { recorder } = openShelf(shelf.folder)
  recorder.endUnfinished()
  recorder.flush()
  t.match(readFacts(file)?.end, { why: 'lost', tick: 200 })
})

t.test('damage is found, and what is before it is read', async (t) => {
  const { file } = recordMatch(openShelf(t.testdir({})), match())
  const bytes = readFileSync(file)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  writeFileSync(file, bytes)
  let ticks = 0
  t.throws(() => playRecording(counter(), readRecording(file), { onTick: () => ticks++ }), /damaged at byte \d+/)
  t.ok(ticks > 20, `${ticks} ticks`)
})

t.test('what is no recording is refused in words', async (t) => {
  const folder = t.testdir({
    empty: '',
    text: 'hello\n',
    json: '{"a":1}\n',
    'no-end': '{"drumbeat":"recording"',
    folder: {},
  })
  for (const name of ['empty', 'text', 'json', 'no-end'])
    t.throws(() => readRecording(path.join(folder, name)), /this is no recording of a room/, name)
  t.throws(() => readRecording(path.join(folder, 'missing')), /missing: there is no such file/)
  t.throws(() => readRecording(path.join(folder, 'folder')), /a recording is a file/)
  const newer = { drumbeat: 'recording', format: 2, game: 'counter', server: '9.0.0' }
  writeFileSync(path.join(folder, 'newer'), `${JSON.stringify(newer)}\n`)
  t.throws(() => readRecording(path.join(folder, 'newer')), /format 2, of Drumbeat 9.0.0: this one reads format 1/)
})

t.test('another game, another version', async (t) => {
  const { file } = recordMatch(openShelf(t.testdir({})), match())
  const recording = readRecording(file)
  t.throws(() => playRecording(counter({ name: 'other' }), recording), /a recording of the game counter: this is other/)
  t.throws(() => playRecording(counter({ version: 2 }), recording), /migrate has no step from 1/)
  const migrate = { 1: (old: object) => ({ ...old }) }
  const report = playRecording(counter({ version: 2, migrate }), recording)
  t.match(report, { ticks: 200, hashes: 0, states: 0, difference: undefined, otherVersions: [{ version: 1 }] })
  const { file: newer } = recordMatch(openShelf(t.testdir({})), match({ game: counter({ version: 2 }) }))
  t.throws(() => playRecording(counter(), readRecording(newer)), /a version never goes back/)
})

t.test('two builds, and two recordings, are held against each other', async (t) => {
  const double = {
    on: { add: (state: State, { id }: { id: string }, { by }: { by: number }) => add(state, id, by === 6 ? 7 : by) },
  }
  const folder = t.testdir({ one: {}, same: {}, other: {}, more: {} })
  const shelf = (name: string) => openShelf(path.join(folder, name))
  const { file } = recordMatch(shelf('one'), match())
  const { file: same } = recordMatch(shelf('same'), match())
  const { file: other } = recordMatch(shelf('other'), match({ game: counter(double), room: 'counter:y' }))
  const { file: more } = recordMatch(
    shelf('more'),
    match({ entries: (tick, run) => (tick === 31 ? [adds('ann', 1)] : match().entries(tick, run)) }),
  )
  const recording = readRecording(file)
  t.equal(compareBuilds(counter(), counter(), recording).difference, undefined)
  const { difference } = compareBuilds(counter(), counter(double), recording)
  t.match(difference, { tick: 6, sameUpTo: 5, what: 'state.sum is 10, and was 9' })
  t.match(compareRecordings(recording, readRecording(same)), { ticks: 75, difference: undefined })
  t.match(compareRecordings(recording, readRecording(other)).difference, { what: /state\.sum is \d+, and was/ })
  t.match(compareRecordings(recording, readRecording(more)).difference, {
    tick: 31,
    what: /what entered is .*"add".*, and was nothing/,
  })
})

t.test('a recording that gets too large ends there, and says so; the room is told nothing', async (t) => {
  const noise = {
    tick: (state: State, room: { random(): number }) =>
      void (state.at[`k${state.ticks++}`] = Math.floor(room.random() * 2 ** 31)),
  }
  const shelf = openShelf(t.testdir({}), { bytesMax: 20_000 })
  const { file } = recordMatch(shelf, match({ game: counter(noise), ticks: 2_000 }))
  t.equal(shelf.cut(), 1)
  t.ok(statSync(file).size <= 20_000)
  const report = playRecording(counter(noise), readRecording(file))
  t.match(report, { difference: undefined, end: { why: 'cut', message: /GAME_RECORDING_BYTES/ } })
  t.equal(report.run?.tick, report.end?.tick)
})

t.test('the oldest recordings give way: to newer ones, to their bytes, to time', async (t) => {
  const folder = t.testdir({})
  let nowMs = Date.now()
  const make = (limits: Parameters<typeof openShelf>[1], room: string) => {
    const shelf = openShelf(folder, { nowMs: () => nowMs, ...limits })
    const { file } = recordMatch(shelf, match({ room: `counter:${room}` }))
    utimesSync(file, nowMs / 1000, nowMs / 1000)
    nowMs += 60_000
    return shelf
  }
  const there = () =>
    readdirSync(folder)
      .map((name) => name.split('.')[1] ?? '')
      .sort((a, b) => (a < b ? -1 : 1))
  for (const room of ['a', 'b', 'c']) make({ countMax: 3 }, room)
  t.strictSame(there(), ['a', 'b', 'c'])
  make({ countMax: 3 }, 'd')
  t.strictSame(there(), ['b', 'c', 'd'], 'the oldest goes')
  const bytes = statSync(path.join(folder, 'counter.b.recording')).size
  make({ bytesOfAllMax: Math.floor(2.5 * bytes) }, 'e')
  t.strictSame(there(), ['d', 'e'], 'as many as have place')
  openShelf(folder, { nowMs: () => nowMs, ageMsMax: 90_000 }).files.sweep()
  t.strictSame(there(), ['e'], 'what is too old goes')
})

t.test('a disk without place, a file that is gone: the recording ends, and nothing else', async (t) => {
  let free = Infinity
  const shelf = openShelf(t.testdir({}), { readFree: () => free })
  const entries: Match['entries'] = (tick, run) => {
    if (tick === 100) free = 1_000_000
    return match().entries(tick, run)
  }
  const { file, run } = recordMatch(shelf, match({ entries }))
  t.equal(run.tick, 200)
  t.match(playRecording(counter(), readRecording(file)), {
    difference: undefined,
    end: { why: 'cut', message: /the disk has too little/ },
  })
  const none = recordMatch(shelf, match({ room: 'counter:none' }))
  t.equal(none.run.tick, 200)
  t.throws(() => readRecording(none.file), /there is no such file/)
  t.equal(shelf.cut(), 2)
  free = Infinity
  const gone = recordMatch(
    shelf,
    match({
      room: 'counter:gone',
      entries: (tick, run) => {
        if (tick === 100) rmSync(path.join(shelf.folder, 'counter.gone.recording'))
        return match().entries(tick, run)
      },
    }),
  )
  t.equal(gone.run.tick, 200)
  t.equal(shelf.cut(), 3)
  t.strictSame(readdirSync(shelf.folder), ['counter.x.recording'], 'it is not made anew without its head')
})

t.test('a recording can be deleted while it is written; a second one of a room has a number', async (t) => {
  const shelf = openShelf(t.testdir({}))
  recordMatch(shelf, match())
  recordMatch(shelf, match({ isEnded: false }))
  t.strictSame(readdirSync(shelf.folder).sort(), ['counter.x-2.recording', 'counter.x.recording'])
  t.equal(await shelf.recorder.delete('counter.x-2'), true)
  t.equal(await shelf.recorder.delete('counter.x-2'), false)
  t.strictSame(readdirSync(shelf.folder), ['counter.x.recording'])
  t.equal(shelf.recorder.size, 0)
  appendFileSync(path.join(shelf.folder, 'counter.x.recording'), 'more')
  t.match(playRecording(counter(), readRecording(path.join(shelf.folder, 'counter.x.recording'))), {
    end: { tick: 200 },
  })
})
