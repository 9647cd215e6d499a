/**
 * A defect in Drumbeat itself. A worker answers a request that meets one with INTERNAL. Elsewhere, as in the primary, it ends the
 * process, and another one is started.
 */
export class Defect extends Error {
  override readonly name = 'Defect'
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Defect(what)
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown))
}

/** `String(thrown)` throws for an object without a prototype. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
