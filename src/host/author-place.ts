import { fileURLToPath } from 'node:url'
import { toError } from '../base/assert.ts'
import { isAuthors } from '../base/own-code.ts'
import { shownPath } from '../base/shown-path.ts'

/** Limits the depth, because an error may be its own cause. */
const CAUSES_MAX = 8
/** A frame of a stack: file, line and column, in parentheses after a name or alone. */
const FRAME = /(?:\(|at )((?:file:\/\/)?\/[^()]+?):(\d+):(\d+)\)?$/gm
/** The file and line of a syntax error. They come before the message, without a column. */
const OF_SYNTAX = /^((?:file:\/\/)?\/[^\n]+):(\d+)\n/

/**
 * Returns where in the author's files something was thrown, as `arena.ts:12:5` (`arena.ts:12` for a syntax error). That is the
 * first place in the stack that belongs neither to Drumbeat nor to a package. The place of the cause takes precedence. Returns
 * undefined if there is none, for example for a state that does not fit its type.
 */
export function authorPlace(thrown: unknown, depth = 0): string | undefined {
  if (!(thrown instanceof Error) || depth > CAUSES_MAX) return undefined
  const { stack, cause } = thrown
  const causedAt = authorPlace(cause, depth + 1)
  if (causedAt !== undefined) return causedAt
  const text = String(stack)
  for (const [, at = '', ...place] of [OF_SYNTAX.exec(text) ?? [], ...text.matchAll(FRAME)]) {
    const file = at.startsWith('file:') ? fileURLToPath(at) : at
    if (file !== '' && isAuthors(file)) return [shownPath(file), ...place].join(':')
  }
  return undefined
}

const MESSAGE_MAX = 1_000

/** Returns the message of what was thrown, and its place or null. */
export function describeThrown(thrown: unknown): { readonly message: string; readonly place: string | null } {
  return { message: String(toError(thrown)).slice(0, MESSAGE_MAX), place: authorPlace(thrown) ?? null }
}

/** Returns message and place as one text, as in `TypeError: x is no function (arena.ts:12:5)`. */
export function thrownText(thrown: unknown): string {
  const { message, place } = describeThrown(thrown)
  return place === null ? message : `${message} (${place})`
}
