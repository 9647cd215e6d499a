/** A defect in Drumbeat itself: nobody handles it, the process ends and is started anew. */
export class Defect extends Error {
  override readonly name = 'Defect'
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Defect(what)
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown))
}

/** Of whatever was thrown, an object without a prototype too. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
