import { decodePlanInput } from '../../src/ledger/plan-codec.ts'
import plan from '../../src/ledger/plan-thread.ts'

/** The real thread, but that a purchase of these goods makes it fail in the way the good is named by. */
export default function fail(input: Uint8Array): Uint8Array {
  const { requests } = decodePlanInput(input)
  const good = requests.find((request) => request.kind === 'purchase')?.goodId
  if (good === 'loop') for (;;);
  if (good === 'throw') throw new Error('a defect of the planner')
  if (good === 'exit') process.exit(1)
  if (good === 'memory') for (const all: number[][] = []; ;) all.push(Array.from({ length: 100_000 }, Math.random))
  return plan(input)
}
