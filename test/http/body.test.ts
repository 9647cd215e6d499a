import t from 'tap'
import { Body, BodyBudget } from '../../src/transport/uws/body.ts'

t.test('bodies take no more than their budget, and give it back once', async (t) => {
  const budget = new BodyBudget(100)
  const limits = { bytesMax: 60, budget }
  const [first, second] = [new Body(limits), new Body(limits)]
  first.add(Buffer.alloc(30))
  first.add(Buffer.alloc(5, 'x'))
  t.equal(budget.taken, 60, 'the memory doubles, up to the limit of one body')
  t.equal(first.bytes().length, 35)
  second.add(Buffer.alloc(40))
  t.throws(() => second.add(Buffer.alloc(1)), { code: 'OVERLOADED', details: { retry_after_ms: 1000 } })
  t.equal(budget.taken, 100)
  t.throws(() => first.add(Buffer.alloc(26)), { code: 'PAYLOAD_TOO_LARGE', details: { bytes_max: 60 } })

  first.release()
  first.release()
  t.equal(budget.taken, 40)
  first.add(Buffer.alloc(60))
  t.equal(budget.taken, 40, 'what comes later is not kept')
  second.add(Buffer.alloc(20))
  t.equal(budget.taken, 60, 'the other may have it now')
})
