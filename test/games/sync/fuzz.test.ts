import t from 'tap'
import { compileAll, fuzz } from './fuzz.ts'

t.test('random values of random types arrive, by each kind of patch; damaged patches do no harm', async (t) => {
  t.ok(fuzz(1, 500) > 2000, 'pairs of values were tried')
})

t.test('it is the same where shapes are compiled', async (t) => {
  compileAll()
  t.ok(fuzz(501, 1000) > 2000, 'pairs of values were tried')
})
