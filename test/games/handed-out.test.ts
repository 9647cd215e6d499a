/** What a room gives to others is theirs: whatever they do to it, the state is as before, and so is what comes of it. */
import t from 'tap'
import { defineGame } from '../../src/games/define.ts'
import { refuse } from '../../src/games/refuse.ts'
import { hashOf } from '../../src/games/sync/tree-hash.ts'
import { View } from '../../src/games/views.ts'
import { t as type } from '../../src/games/types.ts'
import { input, join, TestRoom } from './helpers/room.ts'

const INNER = type.object({ list: type.array(type.uint32()), map: type.map(type.object({ n: type.uint32() })) })

const LEFT = 1_000_000

/** Gives parts of its state away in every way there is. */
const giver = defineGame({
  name: 'giver',
  version: 1,
  hz: 20,
  seats: { max: 2 },
  state: type.object({ phase: type.oneOf('play', 'over'), inner: INNER, kept: type.array(INNER) }),
  events: { shown: INNER },
  inputs: { give: { type: INNER }, no: { type: type.object({}) }, end: { type: type.object({}) } },
  create: () => ({ phase: 'play', inner: { list: [1], map: { a: { n: 1 } } }, kept: [] }),
  leave: (state) => void state.inner.list.push(LEFT),
  on: {
    give(state, _seat, given, room) {
      state.kept.push(given)
      state.inner.list.push(state.inner.list.length)
      ;(state.inner.map['a'] ??= { n: 0 }).n++
      room.reply(state.inner)
      room.emit.shown(state.inner)
      room.say('all', state.inner)
      room.log('given', state.inner)
      room.run('look', { inner: state.inner })
      room.after(1, 'later', { inner: state.inner })
    },
    no: (state) => refuse('NO', { inner: state.inner }),
    end: (state) => void (state.phase = 'over'),
  },
  timers: { later: (state, { inner }) => void state.kept.push(inner as never) },
  tasks: { look: (args) => args['inner'] ?? 0 },
  results: { look: (state, result) => void ('value' in result && state.kept.push(result.value as never)) },
  over: (state) => state.phase === 'over' && { result: state.inner },
})

/** Changes whatever in it can be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) spoil(inner)
  if (Object.isFrozen(value)) return
  if (Array.isArray(value)) value.splice(0, value.length, 999)
  else for (const key of Object.keys(value)) Reflect.set(value, key, 999)
}

function given() {
  return { list: [7], map: { b: { n: 7 } } }
}

t.test('replies, events, messages, tasks, refusals, a view and the result are copies', (t) => {
  const [room, control] = [new TestRoom(giver), new TestRoom(giver)]
  const view = new View(room.run, '', { number: 0, ticksKept: 40 })
  for (const one of [room, control]) one.step(join('ann'))
  let looked = 0
  for (let tick = 0; tick < 50; tick++) {
    const results = [room, control].map((one) => {
      const entries = [input('ann', 'give', given()), input('ann', 'no')]
      if (looked > 0) entries.push({ kind: 'result', task: 'look', run: looked, value: given() } as never)
      if (tick === 49) entries.push(input('ann', 'end'))
      return { result: one.step(...entries), entries }
    })
    looked++
    const [{ result } = { result: undefined }, { result: wanted } = { result: undefined }] = results
    t.strictSame(result?.outcomes, wanted?.outcomes)
    t.strictSame(result?.effects, wanted?.effects)
    t.strictSame(result?.events, wanted?.events)
    t.strictSame(result?.ending, wanted?.ending)
    view.advance(false)
    spoil(result)
    spoil(room.run.shape.thaw(room.run.tree))
    spoil(view.shape.thaw(view.tree))
    spoil(room.run.seats)
    t.equal(hashOf(room.run.shape, room.run.tree), hashOf(control.run.shape, control.run.tree), `tick ${tick}`)
    t.equal(view.hash, hashOf(control.run.shape, control.run.tree))
    t.strictSame(room.run.seats, control.run.seats)
  }
  const { result } = control.run.ending ?? {}
  t.match(result, { list: Array })
  t.notMatch(JSON.stringify(result), String(LEFT), 'the result is of before the last have left')
  t.match(JSON.stringify(control.state), String(LEFT))
  t.strictSame(room.state, control.state)
  t.end()
})
