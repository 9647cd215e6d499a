const LOOK_EVERY_MS = 20

/** Looks until the condition holds or the time is over; gives whether it holds. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() > untilMs) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
