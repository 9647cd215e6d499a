/** What clients are told of who plays on the seats of a room. */
import t from 'tap'
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
