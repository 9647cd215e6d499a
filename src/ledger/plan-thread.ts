import { createPrivateKey, sign } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { move } from 'piscina'
import { systemRandom } from '../base/random.ts'
import { planBatch } from './plan.ts'
import { decodePlanInput, encodePlan } from './plan-codec.ts'

/** What a thread of the pool gets when it starts. */
export interface PlanThreadData {
  /** PEM of the Ed25519 key that signs receipts. */
  readonly signingKey: string
}

const signingKey = createPrivateKey((workerData as PlanThreadData).signingKey)

/** A task of the pool. It has no side effects, so nothing was done if its thread dies. (New ids come from chance.) */
export default function plan(input: Uint8Array): Uint8Array {
  const planned = planBatch(decodePlanInput(input), {
    newId: systemRandom.uuid,
    sign: (bytes) => sign(null, bytes, signingKey).toString('base64url'),
  })
  return move(encodePlan(planned)) as Uint8Array
}
