import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

/** Chance as an argument: ids and jitter come from here, and a test may seed it. */
export interface Random {
  /** In [0, 1). */
  readonly fraction: () => number
  /** UUIDv7: sorts by its time. */
  readonly uuid: () => string
  /** 22 characters of A-Z a-z 0-9 _ -: 128 bits. */
  readonly token: () => string
}

export const systemRandom: Random = {
  fraction: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  uuid: () => v7(),
  token: () => randomBytes(16).toString('base64url'),
}
