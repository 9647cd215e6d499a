import t from 'tap'
import { GameFailures } from '../../src/placement/game-failures.ts'

t.test('the newest failures of each game are kept, and no more', async (t) => {
  const failures = new GameFailures()
  const at = { handle: 1, callback: 'tick', message: 'Error: no', place: 'a.ts:1:1', traceId: 'trace' }
  for (let tick = 1; tick <= 50; tick++) failures.add({ ...at, game: 'a', tick }, 'a:1', 1_000 + tick)
  failures.add({ ...at, game: 'b', tick: 7 }, 'b:1', 2_000)
  t.strictSame(
    failures.of('a').map(({ tick }) => tick),
    Array.from({ length: 20 }, (_, i) => 50 - i),
  )
  const { handle: _handle, ...kept } = at
  t.strictSame(failures.of('b'), [{ ...kept, tick: 7, roomId: 'b:1', atMs: 2_000 }])
  t.strictSame(failures.of('c'), [])
})
