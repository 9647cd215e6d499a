/** What docs/guides/games.md says is so: its game is played, its limits are the settings', its samples are code. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { SETTINGS } from '../../src/config/settings.ts'
import type { Game } from '../../src/games/define.ts'
import { FIELDS, FILL_FIELDS, SEAT_FIELDS } from '../../src/games/check-definition.ts'
import { defineGame, refuse, t as types } from '../../src/games/index.ts'
import { fuzz, simulate } from '../../src/games/testing/index.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const page = readFileSync(path.join(ROOT, 'docs/guides/games.md'), 'utf8')
const [, source = ''] = /```ts\n(import \{ defineGame[\s\S]*?)```/.exec(page) ?? []

async function load(folder: string, code: string): Promise<Game> {
  const file = path.join(folder, 'quiz.ts')
  writeFileSync(file, code.replace("'drumbeat/game'", `'${path.join(ROOT, 'src/games/index.ts')}'`))
  return ((await import(file)) as { default: Game }).default
}

t.test('the game of the page is played', async (t) => {
  const quiz = await load(t.testdir({}), source)
  const room = simulate(quiz, { options: { topic: 'rivers' } })
  room.join('ann')
  room.join('bob')
  t.equal(room.input('ann', 'guess', { text: 'Danube' }).code, 'NOT_NOW')
  const [task] = room.tasks
  t.match(task, { task: 'load', args: { topic: 'rivers' } })
  if (task) room.resolveTask(task.run, { question: 'Which river?', answer: 'Danube' })
  t.match(room.view('ann'), { phase: 'ask', question: 'Which river?', answer: '' }, 'nobody sees the answer')
  t.equal(room.input('ann', 'guess', { text: 'Rhine' }).code, 'WRONG')
  t.match(room.input('bob', 'guess', { text: 'Danube' }), { ok: true, value: 'right' })
  t.strictSame(room.result, { ann: 0, bob: 1 })
  t.match(room.events, [{ name: 'solved', data: { by: 'bob' } }])
  t.strictSame(room.failures, [])
  const late = simulate(quiz, { options: { topic: 'rivers' } })
  late.join('ann')
  const [loading] = late.tasks
  if (loading) late.resolveTask(loading.run, { question: 'Which river?', answer: 'Danube' })
  late.advance(20_000)
  t.strictSame(late.result, { ann: 0 })
  fuzz(quiz, { seeds: 10 })
})

const sectionOf = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

t.test('the page names all that defineGame takes, and its defaults', async (t) => {
  const rows = sectionOf('What `defineGame` takes').split('\n').slice(3)
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))
  const named = new Set(cells.flatMap(([, names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
  for (const field of FIELDS) t.ok(named.has(field) || (field === 'seats' && named.has('seats.max')), field)
  for (const field of SEAT_FIELDS) t.ok(named.has(`seats.${field}`), field)
  for (const field of FILL_FIELDS)
    t.match(
      rows.find((row) => row.includes('`seats.fill`')),
      field,
    )
  for (const name of named) t.ok(FIELDS.has(name?.split('.')[0] ?? ''), `there is ${name}`)
  const { seats, inputs } = defineGame({
    name: 'least',
    version: 1,
    hz: 0,
    seats: { max: 1 },
    inputs: { NAME: { type: types.boolean() } },
    create: () => ({}),
    on: { NAME: () => {} },
  })
  const defaults = new Map(cells.map(([, name = '', , fallback = '']) => [name.replaceAll('`', ''), fallback]))
  for (const field of ['min', 'holdMs', 'lateJoin', 'spectators', 'guests'] as const)
    t.equal(defaults.get(`seats.${field}`), String(seats[field]), field)
  for (const field of ['keep', 'perSecond'] as const)
    t.equal(defaults.get(`inputs.NAME.${field}`), String(inputs.get('NAME')?.[field]), field)
})

t.test('the page names each type, and no other', async (t) => {
  const named = [...sectionOf('Types').matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`t\.([a-zA-Z0-9]+)\(/g)].map(([, name = '']) => name),
  )
  t.strictSame(named.sort(), Object.keys(types).sort())
})

t.test('the limits of the page are those of the settings', (t) => {
  const rows = page.slice(page.indexOf('## Limits'), page.indexOf('## A new version'))
  const named = [...rows.matchAll(/`([A-Z_]{6,})`, ([\d.]+) ?(ms|KiB|MiB|s|h)/g)]
  t.ok(named.length >= 6)
  for (const [, name = '', amount = '', unit = ''] of named) {
    const { fallback } = SETTINGS[name as keyof typeof SETTINGS] as { readonly fallback?: string }
    t.equal(fallback, `${amount}${unit}`, name)
  }
  t.end()
})

t.test('the bots of the page are bots', async (t) => {
  const [, bots = ''] = /## Bots[\s\S]*?```ts\n([\s\S]*?)```/.exec(page) ?? []
  const game = await load(
    t.testdir({}),
    `import { defineGame, t } from 'drumbeat/game'
const towards = (view: unknown, id: string) => ({ to: id })
const ahead = towards
export default defineGame({
  name: 'bots', version: 1, hz: 20,
  state: t.object({ steered: t.map(t.string(64)) }),
  inputs: { steer: { type: t.object({ to: t.string(64) }) } },
  create: () => ({ steered: {} }),
  on: { steer: (state, seat, { to }) => void (state.steered[seat.id] = to) },
  ${bots}
})`,
  )
  const room = simulate(game)
  room.join('ann')
  const bot = room.joinBot('hard')
  room.advance(6_000)
  t.equal(room.seats.length, 8, 'the others are filled')
  t.hasProp(room.state as object, 'steered')
  t.ok(Object.keys((room.state as { steered: object }).steered).length >= 1, JSON.stringify(bot))
  t.strictSame(room.failures, [])
})

t.test('what the page says of mistakes is so', (t) => {
  const nothing = { type: types.object({}) }
  const mistaken = (on: object) =>
    defineGame({
      name: 'mistaken',
      version: 1,
      hz: 20,
      seats: { max: 1 },
      state: types.object({ x: types.fixed(0, 100, 0.01), more: types.optional(types.json()) }),
      inputs: { map: nothing, null: nothing, refused: nothing, small: nothing },
      create: () => ({ x: 1 }),
      on: on as never,
    })
  t.throws(() => mistaken({ map: async () => {} }), /on\.map: not async/)
  const room = simulate(
    mistaken({
      map: (state: { more: unknown }) => void (state.more = { at: new Map() }),
      null: (state: { more: unknown }) => void (state.more = null),
      refused: (state: { x: number }) => {
        state.x = 50
        refuse('NO')
      },
      small: (state: { x: number }) => void (state.x += 0.001),
    }),
  )
  room.join('ann')
  t.match(room.input('ann', 'map', {}), { code: 'GAME_FAILED' })
  t.match(room.input('ann', 'null', {}), { code: 'GAME_FAILED' })
  t.match(
    room.failures.map(({ error }) => String(error)),
    [/more\.at/, /more/],
    'with the place',
  )
  t.match(room.input('ann', 'refused', {}), { code: 'NO' })
  t.match(room.input('ann', 'small', {}), { ok: true })
  t.strictSame(room.state, { x: 1 })
  t.end()
})
