import { DEPTH_MAX, isForbiddenKey } from '../limits.ts'
import { PatchFault } from './patch-fault.ts'

type Plain = Readonly<Record<string, unknown>>

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Applies a JSON Merge Patch (RFC 7396). Nothing is changed in place: parts that the patch does not name are the same objects in
 * the result. The result may share parts with the patch.
 * @throws PatchFault if the patch is nested too deep or sets a prototype
 */
export function applyMergePatch(value: unknown, patch: unknown, depth = 0): unknown {
  if (!isPlain(patch)) return patch
  if (depth > DEPTH_MAX) throw new PatchFault(`the patch is nested more than ${DEPTH_MAX} deep`)
  const before = isPlain(value) ? value : {}
  const after: Record<string, unknown> = { ...before }
  for (const [key, change] of Object.entries(patch)) {
    if (isForbiddenKey(key)) throw new PatchFault(`the patch names ${key}`)
    if (change === null) delete after[key]
    else after[key] = applyMergePatch(Object.hasOwn(before, key) ? before[key] : undefined, change, depth + 1)
  }
  return after
}
