import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { Plan, PlanInput } from './plan.ts'

/**
 * Encodes a plan and its input as one buffer each, which can be transferred to another thread without a copy. Cloning hundreds of
 * small arrays takes longer than planning with them.
 */
export function encodePlanInput({ nowMs, requests, records }: PlanInput): Uint8Array<ArrayBuffer> {
  return pack([nowMs, requests, [...records.keys()], [...records.values()]])
}

export function decodePlanInput(bytes: Uint8Array): PlanInput {
  const [nowMs, requests, keys, values] = decodeMsgpack(bytes) as [
    number,
    PlanInput['requests'],
    readonly string[],
    readonly (Uint8Array | null)[],
  ]
  return { nowMs, requests, records: new Map(keys.map((key, i) => [key, values[i] ?? null])) }
}

export function encodePlan(plan: Plan): Uint8Array<ArrayBuffer> {
  return pack(plan)
}

export function decodePlan(bytes: Uint8Array): Plan {
  return decodeMsgpack(bytes) as Plan
}

/** In a buffer of its own, which can be transferred. */
function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeMsgpack(value))
}
