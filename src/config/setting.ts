import type { Kind } from './kinds.ts'

/** A row of the table of settings. `fallback` is written as a user would write it; the note says what happens where there is none. */
export interface Setting<T, Required extends boolean> {
  readonly kind: Kind<T>
  readonly text: string
  readonly required: Required
  readonly fallback?: string
  readonly note?: string
  readonly secret: boolean
  /**
   * Who reads it, and so what it takes for a change to be in force: `workers`, and hosts, take it by a reload, which replaces them one by one; `node` by
   * a start of the node, as the primary holds it, the store does, or clients were told.
   */
  readonly takenBy: 'workers' | 'node'
}

export function setting<T>(kind: Kind<T>, fallback: string, text: string): Setting<T, true> {
  return { kind, text, fallback, required: true, secret: false, takenBy: 'node' }
}

/** Always has a value in the end, which depends on the machine or on other settings (see defaults.ts). */
export function computed<T>(kind: Kind<T>, note: string, text: string): Setting<T, true> {
  return { kind, text, note, required: true, secret: false, takenBy: 'node' }
}

export function optional<T>(kind: Kind<T>, text: string, note = 'not set'): Setting<T, false> {
  return { kind, text, note, required: false, secret: false, takenBy: 'node' }
}

export function secret(kind: Kind<string>, text: string, note = 'not set'): Setting<string, false> {
  return { kind, text, note, required: false, secret: true, takenBy: 'node' }
}

/** Only workers read it. */
export function byWorkers<T, Required extends boolean>(row: Setting<T, Required>): Setting<T, Required> {
  return { ...row, takenBy: 'workers' }
}
