import type { Span } from '../base/trace.ts'
import { NO_HEAD } from '../protocol/event-head.ts'
import { Refusal } from '../protocol/errors.ts'
import type { LogRecord } from '../store/store.ts'
import type { Append, Put } from '../hub/group-commit.ts'
import type { OnceArgs } from '../link/methods/events.ts'
import { appendEventOnce } from '../idempotency/event.ts'
import { recordKey } from '../idempotency/key.ts'
import type { PrimaryContext } from './context.ts'

type Needs = Pick<PrimaryContext, 'commits' | 'hub' | 'cluster' | 'idempotency' | 'store' | 'log' | 'clock'>

export interface OnceAppend<Rest> {
  readonly kind: 'broadcast' | 'message'
  readonly once: OnceArgs
  readonly record: LogRecord
  readonly put?: Put
  /** Makes the rest of the answer, besides the offset. May throw a Refusal. Not called if the request was done before. */
  readonly rest: () => Promise<Rest>
  readonly span?: Span | undefined
  /** The deadline of the answer. */
  readonly untilMs?: number | undefined
}

/** Puts an event into the log once, however often it is requested. Repeated requests get the first answer. */
export function appendOnce<Rest extends object>(
  context: Needs,
  { kind, once, record, put, rest, span, untilMs }: OnceAppend<Rest>,
): Promise<{ readonly offset: number } & Rest> {
  const { whose, key, fingerprint, eventId } = once
  const puts = put === undefined ? {} : { put }
  const findable = { ...record, head: { ...(record.head ?? NO_HEAD), id: eventId } }
  return appendEventOnce(context, {
    key: recordKey(kind, whose, key),
    fingerprint,
    eventId,
    rest,
    untilMs,
    append: (kept) => append(context, { record: findable, ...puts, once: kept, span, untilMs }),
    findOffset: (id) => findOffset(context, id),
  })
}

function append({ commits }: Needs, event: Append): Promise<number> {
  return new Promise((resolve, reject) => {
    commits.append(event, (result) => {
      if (result instanceof Refusal) reject(result)
      else resolve(result)
    })
  })
}

/** Returns 0 if the event is no longer in the history. */
async function findOffset({ cluster, hub }: Needs, id: string): Promise<number> {
  await cluster.catchUp()
  for (const event of hub.history(0)) if (event.id === id) return event.offset
  return 0
}
