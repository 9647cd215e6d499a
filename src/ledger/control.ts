import { controlRecord } from '../hub/control.ts'
import type { LogRecord } from '../store/store.ts'

/** Tells all nodes that a good was changed by something other than a purchase, so it may be in stock again. */
export interface GoodControl {
  readonly kind: 'good-changed'
  readonly id: string
}

export function goodChangedRecord(id: string): LogRecord {
  const control: GoodControl = { kind: 'good-changed', id }
  return controlRecord(control)
}
