import { PATIENCE_MS } from './patience.ts'

const LOOK_EVERY_MS = 20

/**
 * Looks until the condition holds. Where it never does this throws, as a test that went on would fail elsewhere, or
 * pass a minute later; `why` says what else is known then. Gives true, so that a test can name what it waited for.
 */
export async function until(condition: () => boolean | Promise<boolean>, why?: () => string): Promise<true> {
  if (await holdsWithin(condition, PATIENCE_MS)) return true
  throw new Error(`waited in vain for ${why?.() ?? String(condition)}`)
}

/** For a proof, which promises a time, and for what goes on either way: whether the condition held within it. */
export async function holdsWithin(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > untilMs) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
