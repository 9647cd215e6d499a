import { ByteWriter } from '../games/sync/byte-writer.ts'
import { writeValue } from '../games/sync/write-value.ts'
import type { TypeDescription } from '../games/types.ts'
import type * as EVENT from '../protocol/event-names.ts'
import type * as SERVER_EVENT from '../protocol/server-event-names.ts'
import { GAME_FRAME, INPUT_FRAME } from '../protocol/game-bytes.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import type { RequestEnvelope } from '../protocol/shapes/commands.ts'
import type { RoomGame } from '../protocol/shapes/games.ts'
import { decodePatch } from './binary-patch.ts'
import type { Codec } from './codec.ts'

// Spelled out here and not imported, so that this part of a bundle shares nothing with the one that loads it.
const INPUT: (typeof EVENT)['roomInput'] = 'core.game.room.input'
const SNAPSHOT: (typeof EVENT)['roomSnapshot'] = 'core.game.room.snapshot'
const REPLY: (typeof SERVER_EVENT)['reply'] = 'core.game.reply'

const utf8 = new TextEncoder()

type RoomCode = Pick<RoomGame, 'handle' | 'inputs'>

/**
 * The codec of one msgpack connection. Inputs for a room are sent in the binary form of their types once the connection knows the
 * room's handle, from an answer or a snapshot. Until then they are sent as msgpack.
 */
class MsgpackCodec implements Codec {
  readonly #rooms = new Map<string, RoomCode>()

  encode(envelope: RequestEnvelope): Uint8Array {
    const { eventType, room, payload } = envelope
    const code = eventType === INPUT && room !== undefined ? this.#rooms.get(room) : undefined
    return (code && encodeInput(code, envelope.id, payload)) ?? encodeMsgpack(envelope)
  }

  decode(content: unknown): unknown {
    if (!(content instanceof ArrayBuffer)) throw new TypeError('the server sent a text frame on a msgpack connection')
    const bytes = new Uint8Array(content)
    if (bytes[0] === GAME_FRAME) return decodePatch(bytes)
    const frame = decodeMsgpack(bytes) as Frame
    const { eventType, room, data, payload } = frame
    if (eventType === SNAPSHOT) this.#know(room, payload)
    if (eventType === REPLY) this.#know(data?.room_id, data?.game)
    return frame
  }

  /** Copies what it keeps, because the caller owns the answer and may change it. */
  #know(room: string | undefined, game: RoomCode | undefined): void {
    if (room === undefined || game === undefined) return
    const { handle, inputs } = game
    this.#rooms.set(room, JSON.parse(JSON.stringify({ handle, inputs })) as RoomCode)
  }
}

/** The parts of a frame that are used here. */
interface Frame {
  readonly eventType?: string
  readonly room?: string
  readonly payload?: RoomCode
  readonly data?: { readonly room_id?: string; readonly game?: RoomCode }
}

const out = new ByteWriter()

/**
 * Returns undefined if the value is not of the input's type. Then it is sent as it is, and the server answers what is wrong with
 * it.
 */
function encodeInput({ handle, inputs }: RoomCode, id: string | undefined, payload: object): Uint8Array | undefined {
  const { name, input, seq } = payload as { readonly name: string; readonly input: unknown; readonly seq?: number }
  const index = inputs.findIndex((one) => one.name === name)
  if (index < 0) return undefined
  out.clear()
  out.byte(GAME_FRAME)
  out.byte(INPUT_FRAME.kind)
  out.byte((seq === undefined ? 0 : INPUT_FRAME.seq) | (id === undefined ? 0 : INPUT_FRAME.id))
  out.varint(handle)
  out.varint(index)
  if (seq !== undefined) out.varint(seq)
  if (id !== undefined) out.text(id)
  const type = (inputs[index]?.type ?? null) as TypeDescription | null
  try {
    if (type === null) out.bytes(utf8.encode(JSON.stringify(input)))
    else writeValue(out, type, input)
  } catch {
    return undefined
  }
  return out.take()
}

export const openMsgpack = (): Codec => new MsgpackCodec()
