import t from 'tap'
import { KeyedLock } from '../../src/idempotency/lock.ts'
import { until } from '../helpers/until.ts'

t.test('actions with one key come one after the other in their order, those with another beside them', async (t) => {
  const lock = new KeyedLock()
  const told: string[] = []
  const gates = new Map<string, () => void>()
  const run = (key: string, name: string) =>
    lock.runAlone(key, async () => {
      const gate = Promise.withResolvers<void>()
      gates.set(name, gate.resolve)
      told.push(`${name} begins`)
      await gate.promise
      told.push(`${name} ends`)
    })
  const first = run('a', 'first')
  const other = run('b', 'other')
  const second = run('a', 'second')
  const third = run('a', 'third')
  t.strictSame(told, ['first begins', 'other begins'])
  gates.get('first')?.()
  await first
  await until(() => gates.has('second'))
  gates.get('second')?.()
  await second
  await until(() => gates.has('third'))
  t.strictSame(told.slice(2), ['first ends', 'second begins', 'second ends', 'third begins'])
  gates.get('third')?.()
  gates.get('other')?.()
  await Promise.all([third, other])
})

t.test('an action that fails is told to its caller alone, and the next one runs', async (t) => {
  const lock = new KeyedLock()
  const failing = lock.runAlone('a', () => Promise.reject(new Error('no')))
  const next = lock.runAlone('a', () => Promise.resolve('yes'))
  await t.rejects(failing, { message: 'no' })
  t.equal(await next, 'yes')
})
