import { CLOSING } from './cases/closing.ts'
import { CONTROL } from './cases/control.ts'
import { DELIVERY } from './cases/delivery.ts'
import { FRAGMENTATION } from './cases/fragmentation.ts'
import { LENGTHS } from './cases/lengths.ts'
import { MASKING } from './cases/masking.ts'
import { RESERVED } from './cases/reserved.ts'
import { UTF8 } from './cases/utf8.ts'
import type { Case } from './case.ts'

export { HANDSHAKES } from './cases/handshake.ts'

export const CASES: readonly Case[] = [
  ...LENGTHS,
  ...MASKING,
  ...FRAGMENTATION,
  ...CONTROL,
  ...RESERVED,
  ...UTF8,
  ...CLOSING,
  ...DELIVERY,
]
