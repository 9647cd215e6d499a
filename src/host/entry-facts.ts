import type { Entry } from '../games/entries.ts'
import type { EntryFacts } from '../link/methods/room-inspection.ts'
import type { JsonValue } from '../protocol/events.ts'

/** Describes an entry, for people. */
export function factsOf(entry: Entry): EntryFacts {
  switch (entry.kind) {
    case 'join':
      return facts(entry.kind, entry.joiner.user, null)
    case 'drop':
    case 'back':
      return facts(entry.kind, entry.user, null)
    case 'leave':
      return facts(entry.kind, entry.user, entry.why)
    case 'input':
      return facts(entry.kind, entry.user, entry.name, entry.input)
    case 'bought':
      return facts(entry.kind, entry.user, entry.receipt.good_id, entry.receipt)
    case 'result':
      return facts('task', null, entry.task, entry.value)
    case 'failedTask':
      return facts('failed-task', null, entry.task, entry.error)
    case 'bot':
      return facts(entry.kind, null, entry.bot)
    case 'moved':
    case 'returned':
      return facts(entry.kind, null, null)
    case 'end':
      return facts(entry.kind, null, entry.why)
  }
}

/** @param data comes from the wire or from the journal, so JSON can express it */
function facts(kind: EntryFacts['kind'], user: string | null, name: string | null, data?: unknown): EntryFacts {
  return { kind, user, name, data: (data ?? null) as JsonValue }
}
