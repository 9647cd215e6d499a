import t from 'tap'
import { fromMachineMs, systemClock, toMachineMs } from '../../src/base/clock.ts'

t.test("a deadline is rounded alike in every process, so that a seed's run repeats itself", async (t) => {
  for (const nowMs of [0, 5, 123.4, 1_800.999]) t.equal(fromMachineMs(toMachineMs(nowMs)), Math.ceil(nowMs))
})

t.test('the machine has one clock for all processes', async (t) => {
  const machineMs = () => Number(process.hrtime.bigint()) / 1e6
  const before = machineMs()
  const now = toMachineMs(systemClock.nowMs())
  t.ok(before - 1 <= now && now <= machineMs() + 2, 'it counts from where hrtime counts from, but for what is rounded')
})
