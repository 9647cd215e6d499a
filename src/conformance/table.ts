import type { Case } from './case.ts'
import { CLOSING_CASES } from './cases/closing.ts'
import { ENCODING_CASES } from './cases/encodings.ts'
import { ENVELOPE_CASES } from './cases/envelope.ts'
import { EVENT_CASES } from './cases/events.ts'
import { GAME_CASES } from './cases/games.ts'
import { HOST_CASES } from './cases/hosts.ts'
import { HTTP_CASES } from './cases/http.ts'
import { LOG_CASES } from './cases/log.ts'
import { MESSAGE_CASES } from './cases/messages.ts'
import { NUMBER_CASES } from './cases/numbers.ts'
import { PAGE_CASES } from './cases/pages.ts'
import { PAYLOAD_CASES } from './cases/payloads.ts'
import { PURCHASE_CASES } from './cases/purchases.ts'
import { RESUME_CASES } from './cases/resume.ts'
import { ROOM_CASES } from './cases/rooms.ts'
import { SESSION_CASES } from './cases/session.ts'
import { TOKEN_CASES } from './cases/tokens.ts'
import { VECTOR_CASES } from './cases/vectors.ts'

/** Every case, in the order in which they run. */
export const CASES: readonly Case[] = [
  ...HTTP_CASES,
  ...HOST_CASES,
  ...PAGE_CASES,
  ...TOKEN_CASES,
  ...SESSION_CASES,
  ...ENCODING_CASES,
  ...ENVELOPE_CASES,
  ...PAYLOAD_CASES,
  ...NUMBER_CASES,
  ...VECTOR_CASES,
  ...EVENT_CASES,
  ...LOG_CASES,
  ...ROOM_CASES,
  ...GAME_CASES,
  ...MESSAGE_CASES,
  ...PURCHASE_CASES,
  ...RESUME_CASES,
  ...CLOSING_CASES,
]
