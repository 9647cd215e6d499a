import { readFileSync } from 'node:fs'
import type { Encoding } from '../protocol/events.ts'
import type { Fields } from './expect.ts'

export interface RequestVector {
  readonly name: string
  readonly json: string
  readonly msgpack: string
  readonly value: Fields
}

/** The bytes of a frame, in one of two forms. */
export interface FrameBytes {
  readonly text?: string
  readonly hex?: string
}

export interface RefusedVector extends FrameBytes {
  readonly name: string
  readonly encoding: Encoding
  readonly code: string
  readonly path?: string
  /** The id that the reply has to name. Absent if the bytes have no readable id. */
  readonly replyTo?: string
}

export interface EventVector extends RequestVector {
  /** Where the event goes: to a user, or if absent to a room or a namespace. */
  readonly channel?: 'user'
  readonly body: string
  readonly offset: number
  readonly prev: number
}

export interface CloseVector {
  readonly name: string
  readonly code: number
  /** Whether a client should connect again. */
  readonly reconnect: boolean
  readonly provoke?: { readonly encoding: Encoding; readonly frame: FrameBytes; readonly times: number }
}

export interface ResumeVector {
  readonly name: string
  readonly token: 'own' | 'altered' | 'garbage'
  /** `{epoch}` and `{offset}` stand for those of the connection. */
  readonly since: string
  /** null if the text is not a valid cursor. */
  readonly cursor?: null
  readonly recovered: boolean
  readonly reason?: string
}

/** The type of a game's state, as a client gets it. */
export type GameTypeVector = { readonly kind: string } & Fields

export interface GamePatchVector {
  readonly name: string
  readonly type: GameTypeVector
  /** If absent, the patches start from nothing. */
  readonly before?: unknown
  readonly after: unknown
  readonly merge: string
  readonly binary: string
  readonly hash: number
}

export interface RefusedGamePatchVector {
  readonly name: string
  readonly type: GameTypeVector
  readonly before: unknown
  readonly binary: string
}

interface Vectors {
  readonly requests: readonly RequestVector[]
  readonly 'refused-requests': readonly RefusedVector[]
  readonly 'event-frames': readonly EventVector[]
  readonly 'close-codes': readonly CloseVector[]
  readonly resume: readonly ResumeVector[]
  readonly 'game-patches': readonly GamePatchVector[]
  readonly 'refused-game-patches': readonly RefusedGamePatchVector[]
}

/** Reads a file of the folder `vectors`. Its README describes them. */
export function readVectors<File extends keyof Vectors>(file: File): Vectors[File] {
  const url = new URL('./vectors/', import.meta.url)
  return JSON.parse(readFileSync(new URL(`${file}.json`, url), 'utf8')) as Vectors[File]
}

/** The content of a frame: text for a text frame, bytes for a binary one. */
export function frameOf({ text, hex }: FrameBytes): string | Uint8Array {
  return hex === undefined ? (text ?? '') : new Uint8Array(Buffer.from(hex, 'hex'))
}
