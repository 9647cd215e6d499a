/** How many offsets one revision has. An offset is REVISION * OFFSETS_PER_REVISION + the record's place in its batch. */
const OFFSETS_PER_REVISION = 4096

export function firstOffset(revision: number): number {
  return revision * OFFSETS_PER_REVISION
}

/** Every record up to this revision has an offset up to this one. Every later record has a larger one. */
export function lastOffset(revision: number): number {
  return (revision + 1) * OFFSETS_PER_REVISION - 1
}

export function revisionAt(offset: number): number {
  return Math.floor(offset / OFFSETS_PER_REVISION)
}
