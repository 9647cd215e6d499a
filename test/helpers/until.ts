import { PATIENCE_MS } from './patience.ts'

const LOOK_EVERY_MS = 20

/**
 * Waits until the condition holds. Throws if it never does, because otherwise the test would fail somewhere else, or pass a
 * minute later. `why` adds what else is known then. Resolves to true, so that a test can name what it waited for.
 */
export async function until(condition: () => boolean | Promise<boolean>, why?: () => string): Promise<true> {
  if (await holdsWithin(condition, PATIENCE_MS)) return true
  throw new Error(`waited in vain for ${why?.() ?? String(condition)}`)
}

/**
 * Whether the condition holds within this time. It is for a proof, which promises a time, and for code that goes on either way.
 */
export async function holdsWithin(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > untilMs) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
