/** What clients are told of who plays on the seats of a room. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { turns } from './helpers/games.ts'
import { TestPrimary } from './helpers/primary.ts'

t.test('whoever looks at a room in its next host, before anything happens there, is told of its seats', async (t) => {
  const primary = await TestPrimary.open(t, [turns])
  await primary.openRoom(1, 'turns')
  const { checkpoint } = primary.of('checkpoint')[0] ?? { checkpoint: '' }
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const records = primary.of('record').map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [turns])
  await other.done('restore', { handle: 1, checkpoint, records })
  const { tick, seats } = await other.done('enter', other.entering(1, 21, 'zoe', { as: 'spectator' }))
  t.strictSame({ tick, seats }, { tick: 1, seats: { alice: { is_connected: true } } })
})

/** Nobody sees anything while it is dark. */
const cave = defineGame({
  name: 'cave',
  version: 1,
  hz: 10,
  seats: { max: 3 },
  state: type.object({ isDark: type.boolean() }),
  inputs: { turn: { type: type.object({ isDark: type.boolean() }) } },
  create: () => ({ isDark: false }),
  on: { turn: (state, _seat, { isDark }) => void (state.isDark = isDark) },
  view: {
    type: type.object({}),
    key: () => '',
    of: ({ isDark }) => {
      if (isDark) throw new Error('it is dark')
      return {}
    },
  },
  bots: { mole: () => [] },
})

t.test('what became of the seats while a view failed is told when it fails no longer', async (t) => {
  const primary = await TestPrimary.open(t, [cave])
  await primary.openRoom(1, 'cave')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const turn = (isDark: boolean) =>
    primary.done('input', { handle: 1, viewer: 11, name: 'turn', input: { isDark }, seq: null })
  await turn(true)
  await primary.done('addBot', { handle: 1, bot: 'mole' })
  await turn(false)
  const told = primary.patches(1) as readonly { readonly seats?: unknown }[]
  t.strictSame(
    told.flatMap(({ seats }) => seats ?? []),
    [{ 'bot-1': { is_connected: true, bot: 'mole' } }],
  )
})
