import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { Plan, PlanInput } from './plan.ts'

/**
 * A plan and its input as one piece of bytes each, which changes threads without being copied: a clone of hundreds of small
 * arrays takes longer than to plan with them.
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

/** With a buffer of its own, which can be given away. */
function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeMsgpack(value))
}
