import t from 'tap'
import { PASSED_ON } from '../../src/link/methods/passed-on.ts'
import { passedOnMethods } from '../../src/node/methods/passed-on.ts'
import type { WorkerLinks } from '../../src/processes/workers.ts'

t.test('what a worker tells the others is passed on to them as it is', async (t) => {
  const told: unknown[] = []
  const workers = [1, 2, 3].map((id) => ({
    id,
    link: { tell: (method: string, args: unknown) => void told.push([id, method, args]) },
  }))
  const listening = workers as unknown as WorkerLinks['listening']
  const methods = passedOnMethods({ listening }, 2)
  t.strictSame(Object.keys(methods), Object.keys(PASSED_ON))
  const taken = [['192.0.2.1', 7]] as const
  let answers = 0
  methods.httpTaken({ taken }, () => answers++)
  t.strictSame(told, [
    [1, 'httpTaken', { taken }],
    [3, 'httpTaken', { taken }],
  ])
  t.equal(answers, 1)
})
