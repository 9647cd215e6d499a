import { Refusal } from '../protocol/errors.ts'
import type { Over } from '../session/share.ts'
import type { CommandCall } from './command.ts'

const TOO_MUCH: Readonly<Record<Over['kind'], string>> = {
  joins: 'this user joins too many rooms',
  log: 'this user sends too much',
  broadcasts: 'this user sends too much to the whole namespace',
  messages: 'this user sends too much to this receiver',
}

/** If `over` is given, reports that the user is over a limit, and throws RATE_LIMITED. */
export function requireShare({ connection, context }: CommandCall, over: Over | undefined): void {
  if (over === undefined) return
  context.onOver(over.kind, connection)
  throw new Refusal('RATE_LIMITED', TOO_MUCH[over.kind], { retry_after_ms: over.waitMs })
}
