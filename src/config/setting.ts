import type { Kind } from './kinds.ts'

/**
 * A row of the table of settings. `fallback` is the default, written as a user would write it. If there is none, `note` says
 * which value is used.
 */
export interface Setting<T, Required extends boolean> {
  readonly kind: Kind<T>
  readonly text: string
  readonly required: Required
  readonly fallback?: string
  readonly note?: string
  readonly secret: boolean
  /**
   * Says when a change takes effect. `workers`: after a reload, which replaces workers and hosts one by one. `node`: only after
   * a restart of the node, because the primary or the store uses the setting, or clients were told its value.
   */
  readonly takenBy: 'workers' | 'node'
}

export function setting<T>(kind: Kind<T>, fallback: string, text: string): Setting<T, true> {
  return { kind, text, fallback, required: true, secret: false, takenBy: 'node' }
}

/** A setting whose default depends on the machine or on other settings. `defaults.ts` computes it. */
export function computed<T>(kind: Kind<T>, note: string, text: string): Setting<T, true> {
  return { kind, text, note, required: true, secret: false, takenBy: 'node' }
}

export function optional<T>(kind: Kind<T>, text: string, note = 'not set'): Setting<T, false> {
  return { kind, text, note, required: false, secret: false, takenBy: 'node' }
}

export function secret(kind: Kind<string>, text: string, note = 'not set'): Setting<string, false> {
  return { kind, text, note, required: false, secret: true, takenBy: 'node' }
}

/** Marks a setting that only workers and hosts read. */
export function byWorkers<T, Required extends boolean>(row: Setting<T, Required>): Setting<T, Required> {
  return { ...row, takenBy: 'workers' }
}
