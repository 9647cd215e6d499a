import { CONTROL_CHANNEL, type LogRecord } from '../store/store.ts'
import type { Hub } from './hub.ts'

/**
 * A record of the log that is meant for the nodes and not for clients, in the transaction of the change that it announces. It is
 * JSON. Each folder that writes such records has a `control.ts` with its kinds.
 */
export interface Control {
  readonly kind: string
}

/** What a node does on each kind of control record. */
export type ControlHandlers<C extends Control> = {
  readonly [Kind in C['kind']]: (control: Extract<C, { readonly kind: Kind }>) => void
}

/** No node acts on this record. The node that wrote it only waits for it to come back. */
export const CANARY: LogRecord = controlRecord({ kind: 'canary' })

export function controlRecord(control: Control): LogRecord {
  return { channel: CONTROL_CHANNEL, body: Buffer.from(JSON.stringify(control)) }
}

export function readControl(body: Uint8Array): Control {
  return JSON.parse(Buffer.from(body).toString()) as Control
}

/** Calls the handlers for control records from now on. Kinds that this version does not know are skipped. */
export function followControl<C extends Control>(hub: Pick<Hub, 'takeControl'>, handlers: ControlHandlers<C>): void {
  const byKind = new Map(Object.entries<(control: never) => void>(handlers))
  hub.takeControl((body) => {
    const control = readControl(body)
    byKind.get(control.kind)?.(control as never)
  })
}
