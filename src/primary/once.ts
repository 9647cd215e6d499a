import type { Span } from '../base/trace.ts'
import { parseJson } from '../protocol/codec.ts'
import { isObject } from '../protocol/envelope.ts'
import { Refusal } from '../protocol/errors.ts'
import type { LogRecord } from '../store/store.ts'
import type { Put } from '../hub/group-commit.ts'
import type { OnceArgs } from '../link/methods.ts'
import { onceKey } from '../idempotency/key.ts'
import { readKept, type Kept } from '../idempotency/record.ts'
import { encodeRecord } from '../store/json-records.ts'
import { storeRefusal } from '../store/store-refusal.ts'
import type { PrimaryContext } from './context.ts'

/** Of an event; its offset is known only after the commit that put this, and noted by another one. */
interface EventAnswer<Rest> {
  readonly id: string
  readonly offset: number | null
  readonly rest: Rest
}

export interface OnceAppend<Rest> {
  readonly kind: 'broadcast' | 'message'
  readonly once: OnceArgs
  readonly record: LogRecord
  readonly put?: Put
  /** What the answer says beside the offset; may refuse. Not asked where the request was done before. */
  readonly rest: () => Promise<Rest>
  /** What it is a step of. */
  readonly span?: Span | undefined
}

/** An event that stands in the log once, however often it is asked for; the first answer is given again. */
export function appendOnce<Rest extends object>(
  context: PrimaryContext,
  append: OnceAppend<Rest>,
): Promise<{ readonly offset: number } & Rest> {
  const { kind, once } = append
  const key = onceKey(kind, once.whose, once.key)
  return context.turnstile.alone(key, async () => {
    return (await replay<Rest>(context, key, once)) ?? appendAnew(context, append, key)
  })
}

async function appendAnew<Rest extends object>(
  context: PrimaryContext,
  { once, record, put, rest, span }: OnceAppend<Rest>,
  key: string,
): Promise<{ readonly offset: number } & Rest> {
  const { fingerprint, eventId: id } = once
  const answer: EventAnswer<Rest> = { id, offset: null, rest: await rest() }
  const kept: Kept<EventAnswer<Rest>> = { fingerprint, at: context.clock.wallMs(), answer }
  const result = await new Promise<number | Refusal>((done) => {
    const puts = put === undefined ? {} : { put }
    context.commits.append({ record, ...puts, once: { key, value: encodeRecord(kept) }, span }, done)
  })
  if (result instanceof Refusal) {
    // Another node was faster with the same key.
    const first = result.code === 'CONFLICT' ? await replay<Rest>(context, key, once) : undefined
    if (first) return first
    throw result
  }
  await note(context, key, kept, result)
  return { offset: result, ...kept.answer.rest }
}

/** undefined: it was not done before. */
async function replay<Rest extends object>(context: PrimaryContext, key: string, { fingerprint }: OnceArgs) {
  const kept = await readKept<EventAnswer<Rest>>(context, key, fingerprint)
  if (!kept) return undefined
  const { id, offset, rest } = kept.answer
  if (offset !== null) return { offset, ...rest }
  // Whoever committed it died before the offset was noted, or is at it on another node.
  const found = await findOffset(context, id)
  if (found !== 0) await note(context, key, kept, found)
  return { offset: found, ...rest }
}

/** Without it the answer is looked for in the history: so it is no failure of the request. */
async function note<Rest>(
  { store, log }: PrimaryContext,
  key: string,
  kept: Kept<EventAnswer<Rest>>,
  offset: number,
): Promise<void> {
  const value = encodeRecord({ ...kept, answer: { ...kept.answer, offset } })
  try {
    await store.commit({ puts: [{ key, value }], durable: true })
  } catch (cause) {
    log.debug({ key, code: storeRefusal(cause).code }, 'the offset of an event was not noted')
  }
}

/** 0: the history has it no longer. */
async function findOffset({ cluster, hub }: PrimaryContext, id: string): Promise<number> {
  await cluster.catchUp()
  for (const { offset, frame } of hub.history(0)) {
    // All others cost nothing but this search.
    if (!Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).includes(id)) continue
    const event = parseJson(frame)
    if (isObject(event) && event['id'] === id) return offset
  }
  return 0
}
