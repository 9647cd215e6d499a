import t from 'tap'
import { isMeasured, MEASURED } from '../../src/host/host-metrics.ts'
import { RoomCosts } from '../../src/host/room-costs.ts'

t.test('the most expensive rooms are told first, averaged over some seconds', async (t) => {
  const costs = new RoomCosts()
  costs.add(1, 100)
  costs.add(2, 200)
  costs.add(1, 200)
  t.strictSame(costs.take(1_000), [
    { handle: 1, share: 0.3 },
    { handle: 2, share: 0.2 },
  ])
  costs.add(2, 1_000)
  const [first, second] = costs.take(1_000)
  t.equal(first?.handle, 2)
  t.ok(first && first.share > 0.2 && first.share < 1, 'one second alone does not decide')
  t.ok(second && second.share < 0.3, 'a room that had nothing to do gets cheaper')
  costs.forget(2)
  t.strictSame(
    costs.take(1_000).map(({ handle }) => handle),
    [1],
  )
})

t.test('however many rooms there are, few are told', async (t) => {
  const costs = new RoomCosts()
  for (let handle = 1; handle <= 100; handle++) costs.add(handle, handle)
  t.strictSame(
    costs.take(1_000).map(({ handle }) => handle),
    [100, 99, 98, 97, 96],
  )
})

t.test('each room is measured as often as any other, however many there are', async (t) => {
  for (let handle = 1; handle <= 2 * MEASURED; handle++) {
    const ticks = Array.from({ length: 10 * MEASURED }, (_, tick) => tick)
    t.equal(ticks.filter((tick) => isMeasured(handle, tick)).length, 10, `room ${handle}`)
  }
})
