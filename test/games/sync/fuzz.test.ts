import t from 'tap'
import { fuzz } from './fuzz.ts'

t.test('random values of random types arrive, by each kind of patch', async (t) => {
  t.ok(fuzz(1, 1500) > 5000, 'pairs of values were tried')
})
