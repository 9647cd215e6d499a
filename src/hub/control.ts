import { CONTROL_CHANNEL, type LogRecord } from '../store/store.ts'
import type { Hub } from './hub.ts'

/**
 * What the log holds for the nodes themselves, in the transaction of the change it belongs to: JSON. Each folder that writes some has a
 * `control.ts` with its kinds.
 */
export interface Control {
  readonly kind: string
}

/** What a node does for each kind. */
export type ControlHandlers<C extends Control> = {
  readonly [Kind in C['kind']]: (control: Extract<C, { readonly kind: Kind }>) => void
}

/** Nobody does anything about it: only that it comes back counts. */
export const CANARY: LogRecord = controlRecord({ kind: 'canary' })

export function controlRecord(control: Control): LogRecord {
  return { channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify(control)) }
}

export function readControl(body: Uint8Array): Control {
  return JSON.parse(Buffer.from(body).toString()) as Control
}

/** Does what the log says to all nodes. A kind that this version does not know is passed over. */
export function followControl<C extends Control>(hub: Pick<Hub, 'takeControl'>, handlers: ControlHandlers<C>): void {
  const byKind = new Map(Object.entries<(control: never) => void>(handlers))
  hub.takeControl((body) => {
    const control = readControl(body)
    byKind.get(control.kind)?.(control as never)
  })
}
