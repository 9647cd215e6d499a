import { createPrivateKey, sign } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { systemRandom } from '../base/random.ts'
import { planBatch, type Plan, type PlanInput } from './plan.ts'

/** What a thread of the pool is given when it starts. */
export interface PlanThreadData {
  /** PEM of the Ed25519 key that signs receipts. */
  readonly signingKey: string
}

const signingKey = createPrivateKey((workerData as PlanThreadData).signingKey)

/** A task of the pool: pure but for the new ids, so a thread that dies has done nothing. */
export default function plan(input: PlanInput): Plan {
  return planBatch(input, {
    newId: systemRandom.uuid,
    sign: (bytes) => sign(null, bytes, signingKey).toString('base64url'),
  })
}
