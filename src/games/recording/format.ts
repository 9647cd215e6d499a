import type { EndReason } from '../entries.ts'

/**
 * A recording of a room, as a file: a line of JSON (`RecordingHead`), then frames. A frame is the u32 length of what stands behind its head, the u32
 * CRC-32 of all behind itself, a u8 with flags, the u32 tick up to which the room is recorded, little-endian; then items, deflated if DEFLATED is set, with
 * the newest checkpoint of the frames before as dictionary if AFTER_CHECKPOINT is. An item is a u8 kind (`ITEM`), the u32 length and the bytes. The frame
 * of the end is the last, holds nothing else, and has the u32 length of the whole frame and END_MARK behind it.
 */
export const FORMAT = 1

export const FRAME_HEAD_BYTES = 13
export const DEFLATED = 1
export const AFTER_CHECKPOINT = 2
/** No frame is longer, as it stands in the file and as it is unpacked: what says so is damaged. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024
/** The same of the first line. */
export const HEAD_BYTES_MAX = 4 * 1024 * 1024
export const END_MARK = 0x444e4544
/** Deflate looks no further back. */
export const DICTIONARY_BYTES = 32 * 1024

export const ITEM = { part: 1, checkpoint: 2, record: 3, note: 4, end: 5 } as const
export type ItemKind = (typeof ITEM)[keyof typeof ITEM]

export const ITEM_HEAD_BYTES = 5

/** The first line of a recording. */
export interface RecordingHead {
  readonly drumbeat: 'recording'
  readonly format: number
  readonly room: string
  readonly game: string
  readonly version: number
  readonly hz: number
  readonly seed: number
  /** As they were given to whoever made the room: the game's validator has not seen them yet. */
  readonly options: unknown
  /** `checkpoint`: nobody had asked for a recording, and this is what was known when the room failed, or of a room that was recorded anew. */
  readonly began: 'start' | 'checkpoint'
  /** The first state is that behind this tick. */
  readonly tick: number
  /** When it was begun: Unix time in milliseconds. */
  readonly at: number
  /** The version of Drumbeat. */
  readonly server: string
}

/**
 * The room goes on from the checkpoint that follows, which may be older than what stands before it.
 *
 * - `start`, `checkpoint`: the beginning, as in the head.
 * - `other code`: the game was loaded anew, so that it may come to other states.
 * - `gap`: what was between is missing.
 */
export interface Part {
  readonly why: 'start' | 'checkpoint' | 'other code' | 'gap'
  readonly tick: number
  /** Of the game that plays it. The checkpoint may be of an older one. */
  readonly version: number
  /** Up to this tick the hashes are of other code than that of this part; null: none is. */
  readonly othersUpTo: number | null
}

/** Something that happened to the room and is no part of its game. */
export interface Note {
  readonly tick: number
  /** The room went on in another host, or with the server that was started again. */
  readonly what: 'host died' | 'host replaced' | 'server restarted'
}

export interface RecordingEnd {
  readonly tick: number
  /** `lost`: with the server. `cut`: the room went on, and the recording ended, as `message` says. */
  readonly why: EndReason | 'lost' | 'cut'
  /** Whether it is the game's own end, to which a replay comes. */
  readonly isOfGame: boolean
  readonly result: unknown
  readonly message: string | null
}

export type RecordingItem =
  | { readonly kind: 'part'; readonly part: Part }
  /** JSON: see `Checkpoint`. The host has added what is its own. */
  | { readonly kind: 'checkpoint'; readonly text: string }
  /** See `decodeTick`. */
  | { readonly kind: 'record'; readonly bytes: Uint8Array }
  | { readonly kind: 'note'; readonly note: Note }
  | { readonly kind: 'end'; readonly end: RecordingEnd }

/** What is no recording, or none that can be read, or not with this game. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}
