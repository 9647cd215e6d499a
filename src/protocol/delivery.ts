import { badRequest } from './errors.ts'

/**
 * `must`: every member gets the event; a member that reads too slowly is closed and resumes. `latest`: a member that reads too
 * slowly gets only the newest event of each key.
 */
export const DELIVERY_CLASSES = ['must', 'latest'] as const
export type DeliveryClass = (typeof DELIVERY_CLASSES)[number]

/** Throws BAD_REQUEST. */
export function parseDelivery(value: unknown, path: string): DeliveryClass {
  const found = DELIVERY_CLASSES.find((name) => name === value)
  if (found !== undefined) return found
  throw badRequest(path, 'must be "must" or "latest"')
}
