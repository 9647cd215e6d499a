import { controlRecord } from '../hub/control.ts'
import type { LogRecord } from '../store/store.ts'

/** What all nodes are told of a good that was changed by something else than a purchase: there may be stock again. */
export interface GoodControl {
  readonly kind: 'good-changed'
  readonly id: string
}

export function goodChangedRecord(id: string): LogRecord {
  const control: GoodControl = { kind: 'good-changed', id }
  return controlRecord(control)
}
