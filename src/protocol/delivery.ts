import { badRequest } from './errors.ts'

/**
 * `must`: every member gets it, or is closed and resumes. `latest`: for a member who reads too slowly a newer one with the same
 * key takes its place.
 */
export const DELIVERY_CLASSES = ['must', 'latest'] as const
export type DeliveryClass = (typeof DELIVERY_CLASSES)[number]

/** Throws BAD_REQUEST. */
export function parseDelivery(value: unknown, path: string): DeliveryClass {
  const found = DELIVERY_CLASSES.find((name) => name === value)
  if (found !== undefined) return found
  throw badRequest(path, 'must be "must" or "latest"')
}
