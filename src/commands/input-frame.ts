import type { Request } from '../protocol/envelope.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT, type JsonObject } from '../protocol/events.ts'
import { decodeInputFrame, type InputFrame } from '../protocol/game-frames.ts'
import type { GameRooms } from '../session/games/game-rooms.ts'
import type { Connection } from '../session/connection.ts'

/**
 * The request that a binary input stands for. Its value is passed on as it came, because only the host of the game knows the
 * types. Throws NOT_IN_ROOM if the connection is in no room with this handle, and BAD_REQUEST if the game has no such input.
 */
export function toInputRequest(
  connection: Connection,
  { handle, index, seq, id, value }: InputFrame,
  games: GameRooms,
): Request {
  const viewer = games.findByHandle(connection, handle)
  if (!viewer) throw new Refusal('NOT_IN_ROOM', `this connection is in no room with the handle ${handle}`)
  const kind = viewer.entry.inputs[index]
  if (!kind) throw badRequest('name', `the game has ${viewer.entry.inputs.length} inputs`)
  // Copied, because the bytes are no longer valid when the request has its turn.
  const payload = { name: kind.name, input: value.slice(), ...(seq === undefined ? {} : { seq }) }
  return {
    id,
    eventType: EVENT.roomInput,
    room: viewer.room,
    payload: payload as unknown as JsonObject,
    traceparent: undefined,
  }
}

/** Reads the id of a frame that is refused without being parsed. Returns undefined if there is none. */
export function readInputId(bytes: Uint8Array): string | undefined {
  try {
    return decodeInputFrame(bytes).id
  } catch (thrown) {
    if (thrown instanceof Refusal) return undefined
    throw thrown
  }
}
