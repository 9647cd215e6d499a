import { hash, randomBytes, randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import { systemClock } from './clock.ts'

/** Chance is an argument: ids and jitter come from here, and a test may seed it. */
export interface Random {
  /** In [0, 1). */
  readonly fraction: () => number
  /** A UUIDv7, which sorts by its time (now, by default). Those of one process sort in the order in which they were made. */
  readonly uuid: (wallMs?: number) => string
  /** 22 characters of A-Z a-z 0-9 _ -, with 128 bits of chance. */
  readonly token: () => string
}

const UUID_BYTES = 16
/**
 * Random bytes are fetched in bulk. Asking the system for 16 bytes each time took a quarter of a worker's time under a flood of
 * broadcasts.
 */
const POOL_BYTES = 256 * UUID_BYTES
const SEQUENCE_MAX = 2 ** 32 - 1

function createUuids(): (wallMs?: number) => string {
  const pool = Buffer.allocUnsafe(POOL_BYTES)
  let used = POOL_BYTES
  let msecs = 0
  let seq = 0
  return (wallMs) => {
    if (used === POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const random = pool.subarray(used, (used += UUID_BYTES))
    const nowMs = wallMs ?? systemClock.wallMs()
    if (nowMs > msecs) {
      msecs = nowMs
      // Only the lower half of the range is drawn, so that there is room to count up.
      seq = random.readUInt32LE(0) >>> 1
    } else if (seq++ === SEQUENCE_MAX) {
      msecs++
      seq = 0
    }
    return v7({ random, msecs, seq })
  }
}

/** A UUIDv7 that is the same whenever it is made of the same. */
export function namedUuid(name: string, wallMs: number): string {
  return v7({ random: hash('sha256', name, 'buffer').subarray(0, UUID_BYTES), msecs: Math.floor(wallMs), seq: 0 })
}

export const systemRandom: Random = {
  fraction: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  uuid: createUuids(),
  token: () => randomBytes(16).toString('base64url'),
}
