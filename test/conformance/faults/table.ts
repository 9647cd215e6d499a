import type { FaultRow } from './fault.ts'
import { DELIVERY_FAULTS } from './delivery.ts'
import { EVENTS_FAULTS } from './events.ts'
import { GAMES_FAULTS } from './games.ts'
import { HANDSHAKE_FAULTS } from './handshake.ts'
import { LIMITS_FAULTS } from './limits.ts'
import { PURCHASES_FAULTS } from './purchases.ts'
import { REPLIES_FAULTS } from './replies.ts'
import { RESUMES_FAULTS } from './resume.ts'
import { ROOMS_FAULTS } from './rooms.ts'

/** Limits last: they leave the server's used up. */
export const FAULTS: readonly FaultRow[] = [
  ...DELIVERY_FAULTS,
  ...REPLIES_FAULTS,
  ...HANDSHAKE_FAULTS,
  ...EVENTS_FAULTS,
  ...ROOMS_FAULTS,
  ...GAMES_FAULTS,
  ...PURCHASES_FAULTS,
  ...RESUMES_FAULTS,
  ...LIMITS_FAULTS,
]
