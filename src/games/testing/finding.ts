import type { Failure } from '../entries.ts'
import { GameRefusal } from '../refuse.ts'
import { TypeFault } from '../sync/fault.ts'

export type FindingKind =
  /** A callback threw or left a state that is none; a view, a bot or a validator threw; a bot sent what is no input. */
  | 'threw'
  /** The same inputs gave something else when they were played again. */
  | 'replay'
  /** Without what was refused the match was another one. */
  | 'refusal'
  /** A room that went on from its checkpoint was another one. */
  | 'restore'
  /** A number is set again and again and never moves. */
  | 'small step'

export interface Finding {
  readonly kind: FindingKind
  readonly tick: number
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What was thrown, if something was. */
  readonly error?: unknown
  /** Equal for what is taken for the same fault. */
  readonly signature: string
}

export function findingOf(kind: FindingKind, tick: number, message: string): Finding {
  return { kind, tick, message, signature: kind }
}

export function thrownFinding(tick: number, { callback, error }: Failure): Finding {
  const name = error instanceof Error ? error.name : typeof error
  const reason = error instanceof TypeFault ? error.reason : error instanceof Error ? error.message : String(error)
  const place = error instanceof Error ? placeIn(error) : undefined
  const message = `${callback}: ${describe(error)}${place === undefined ? '' : ` (${place})`}`
  return { kind: 'threw', tick, message, error, signature: `${callback} ${name} ${withoutNames(reason)}` }
}

function describe(error: unknown): string {
  if (error instanceof GameRefusal) return `refuse("${error.code}") where nobody asked for anything`
  return error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`
}

/** Two messages are of one fault if they differ in numbers and names only. */
function withoutNames(message: string): string {
  return message.replace(/"[^"]*"|-?\d[\d.e+-]*/g, '…')
}

/** Of this folder's parent, in which stands what is Drumbeat's in a stack. */
const OWN = new URL('..', import.meta.url).href

/** The first place outside of Drumbeat, as `file:line:column`. */
function placeIn({ stack = '' }: Error): string | undefined {
  for (const [, place = ''] of stack.matchAll(/[(\s]((?:file:\/\/)?\/[^\s()]+:\d+:\d+)/g)) {
    if (!place.startsWith(OWN)) return place.slice(place.lastIndexOf('/') + 1)
  }
  return undefined
}
