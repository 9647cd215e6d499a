/** Where the log stood at some moment. The caretaker keeps such marks to find a revision by time or by size. */
export interface Mark {
  /** Unix time in milliseconds. */
  readonly atMs: number
  readonly revision: number
  /** How many bytes the log has had since there are marks. */
  readonly bytes: number
}

/** Newest last; JSON: [[atMs, revision, bytes], …] */
export function encodeMarks(marks: readonly Mark[]): Uint8Array {
  return Buffer.from(JSON.stringify(marks.map(({ atMs, revision, bytes }) => [atMs, revision, bytes])))
}

export function decodeMarks(value: Uint8Array): readonly Mark[] {
  const rows = JSON.parse(Buffer.from(value).toString()) as readonly (readonly [number, number, number])[]
  return rows.map(([atMs, revision, bytes]) => ({ atMs, revision, bytes }))
}

export interface Span {
  readonly ms: number
  readonly bytes: number
}

/** The newest mark that is older than the span, in time or in bytes. Returns undefined if the log is shorter. */
export function markBefore(
  marks: readonly Mark[],
  { ms, bytes }: Span,
  ageOf: (mark: Mark) => number,
): Mark | undefined {
  const total = marks.at(-1)?.bytes ?? 0
  return marks.findLast((mark) => ageOf(mark) >= ms || total - mark.bytes >= bytes)
}

/** Adds the new mark, and drops those that nobody needs: all before the one at which the span begins. */
export function withMark(
  marks: readonly Mark[],
  mark: Mark,
  span: Span,
  ageOf: (mark: Mark) => number,
): readonly Mark[] {
  const all = [...marks, mark]
  const last = markBefore(all, span, ageOf)
  return last ? all.slice(all.indexOf(last)) : all
}
