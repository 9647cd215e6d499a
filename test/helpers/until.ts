import { PATIENCE_MS } from './patience.ts'

const LOOK_EVERY_MS = 20

/** Looks until the condition holds; gives false if it still does not when the time is over. Only a proof has a time of its own. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = PATIENCE_MS): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > untilMs) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
