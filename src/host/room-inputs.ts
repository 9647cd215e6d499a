import { checkInput } from '../games/check-input.ts'
import type { InputRule } from '../games/define.ts'
import { isStandardSchema } from '../games/standard-schema.ts'
import { applyBinaryPatch } from '../games/sync/apply-binary.ts'
import { TypeFault } from '../games/sync/fault.ts'
import { PatchFault } from '../games/sync/patch-fault.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import type { Fate, Waiting } from './entry-queue.ts'
import type { RoomParts } from './room-parts.ts'

const PATH = 'payload.input'

export interface SeatInput {
  readonly user: string
  readonly viewer?: number
  readonly name: string
  readonly input: unknown
  readonly seq?: number
  readonly done?: (fate: Fate, tick: number) => void
}

/**
 * Takes an input of a user who has a seat. Throws BAD_REQUEST, RATE_LIMITED, OVERLOADED or GAME_FAILED, and the input has no
 * effect then.
 */
export function sendInput(room: RoomParts, sent: SeatInput): void {
  try {
    enter(room, sent)
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      const { user, name } = sent
      const atMs = Math.floor(room.services.nowMs())
      room.recent.refused({ user, name, error: thrown.toBody() }, { tick: room.run.tick, atMs })
    }
    throw thrown
  }
}

function enter(room: RoomParts, { input, name, ...from }: SeatInput): void {
  const rule = room.game.inputs.get(name)
  if (!rule) throw badRequest('payload.name', `the game ${room.game.name} has no input "${name}"`)
  room.limits.take(from.user, name, rule, room.services.nowMs())
  room.queue.requireRoom(from)
  const entry = { kind: 'input', user: from.user, name, input: check(room, name, rule, input) } as const
  const waiting: Waiting = { ...from, entry }
  room.push(rule.keep === 'latest' ? { ...waiting, latest: name } : waiting)
}

/** Checks the input by its type, see `checkInput`. */
function check(room: RoomParts, name: string, { type }: InputRule, input: unknown): unknown {
  const { handle, run, game, services } = room
  try {
    const given = input instanceof Uint8Array ? decode(type, input) : input
    services.watch.room(handle, game.name, run.tick)
    return checkInput(name, type, given)
  } catch (thrown) {
    if (thrown instanceof TypeFault) {
      throw badRequest(thrown.path === '' ? PATH : `${PATH}.${thrown.path}`, thrown.reason)
    }
    if (thrown instanceof PatchFault || thrown instanceof SyntaxError) throw badRequest(PATH, thrown.message)
    const traceId = room.failed(`inputs.${name}`, thrown)
    throw new Refusal('GAME_FAILED', `the validator of "${name}" failed`, { trace_id: traceId })
  }
}

/** Decodes the input of a binary client. It is encoded by its type, or as JSON text if only the game knows the type. */
function decode(type: InputRule['type'], bytes: Uint8Array): unknown {
  if (!isStandardSchema(type)) return applyBinaryPatch(type, undefined, bytes)
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
}
