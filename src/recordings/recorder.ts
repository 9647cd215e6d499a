import type { Log } from '../base/log.ts'
import { FORMAT, ITEM, type Note, type Part, type RecordingEnd, type RecordingHead } from '../games/recording/format.ts'
import { BlockWriter, OP, type Report, type Unfinished } from './wire.ts'

export type { RecordingEnd } from '../games/recording/format.ts'

export interface RecorderOptions {
  /** Version of Drumbeat. */
  readonly server: string
  /** Unix time in milliseconds. */
  readonly wallMs: () => number
  readonly log: Log
  /** Bytes that were put into files. */
  readonly onWritten: (bytes: number) => void
  /** A recording ended before its room did. */
  readonly onCut: () => void
}

/** How a recording begins, but for what the recorder knows. */
export type RecordingStart = Omit<RecordingHead, 'drumbeat' | 'format' | 'at' | 'server'>

/** Gathers for so long. */
const GATHER_MS = 100
/** A block that has as much is sent at once. */
const BLOCK_BYTES = 256 * 1024
/** What was sent and is not done yet: above it the disk is too slow, and recordings end. */
const UNDER_WAY_BYTES_MAX = 32 * 1024 * 1024

/** Where what the recorder gathers goes: it is written elsewhere, and `heard` is called with what came of it, in the same order. */
export interface RecordingWriter {
  send(block: Uint8Array): void
}

/** The primary's end of recordings: it copies what is to be recorded and goes on. What is written, and whether it is, never holds up a room. */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #block = new BlockWriter()
  readonly #pens = new Map<number, RoomRecording>()
  readonly #calls = new Map<number, (wasThere: boolean) => void>()
  /** Of an earlier life of this node, by room. */
  readonly #unfinished: Map<string, Unfinished>
  #writer: RecordingWriter | undefined
  #underWay = 0
  #lastNumber = 0
  #timer: NodeJS.Timeout | undefined

  /** @param writer undefined: nothing is recorded */
  constructor(options: RecorderOptions, writer?: RecordingWriter, unfinished: readonly Unfinished[] = []) {
    this.#options = options
    this.#writer = writer
    this.#unfinished = new Map(unfinished.map((each) => [each.room, each]))
  }

  /** Whether anything can be recorded. */
  get isOpen(): boolean {
    return this.#writer !== undefined
  }

  /** Recordings that are being written. */
  get size(): number {
    return this.#pens.size
  }

  /** Undefined: nothing is recorded. */
  begin(start: RecordingStart): RoomRecording | undefined {
    if (!this.isOpen) return undefined
    const { server, wallMs } = this.#options
    const head: RecordingHead = { drumbeat: 'recording', format: FORMAT, ...start, at: Math.floor(wallMs()), server }
    return this.#open({ room: start.room, tick: start.tick }, OP.begin, { id: idOf(start.room), head })
  }

  /** Goes on with the recording of a room that has come back. Undefined: it has none without an end. */
  resume(room: string): RoomRecording | undefined {
    const found = this.#unfinished.get(room)
    if (!found || !this.isOpen) return undefined
    this.#unfinished.delete(room)
    return this.#open(found, OP.resume, { id: found.id })
  }

  /** The rooms of recordings that were not gone on with are no more. */
  endUnfinished(isWaiting: (room: string) => boolean = () => false): void {
    for (const [room, { tick }] of this.#unfinished) if (!isWaiting(room)) this.resume(room)?.end(lostEnd(tick))
  }

  /** Resolves to whether there was such a recording. One that is being written ends. */
  delete(id: string): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false)
    const call = ++this.#lastNumber
    return new Promise((resolve) => {
      this.#calls.set(call, resolve)
      this.add(OP.delete, call, 0, Buffer.from(id))
      this.flush()
    })
  }

  heard({ bytes, bytesWritten, written, ended, deleted, removed }: Report): void {
    const { onWritten, onCut, log } = this.#options
    this.#underWay -= bytes
    if (bytesWritten > 0) onWritten(bytesWritten)
    for (const [number, tick] of written) this.#pens.get(number)?.written(tick)
    for (const [number, why] of ended) {
      const pen = this.#pens.get(number)
      this.#pens.delete(number)
      pen?.closed()
      if (!pen || why === null) continue
      onCut()
      log.warn({ room: pen.room, why }, 'the recording of a room has ended before the room')
    }
    for (const [call, wasThere] of deleted) {
      this.#calls.get(call)?.(wasThere)
      this.#calls.delete(call)
    }
    if (removed.length > 0)
      log.info({ recordings: removed.length, some: removed.slice(0, 10) }, 'old recordings were let go')
  }

  /** Nothing is written any more: recordings end where they are, and rooms go on. */
  failed(why: string): void {
    this.#writer = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    const ended = Array.from(this.#pens.keys(), (number) => [number, why] as const)
    const deleted = Array.from(this.#calls.keys(), (call) => [call, false] as const)
    this.heard({ bytes: this.#underWay, bytesWritten: 0, written: [], ended, deleted, removed: [] })
  }

  /** Sends what was gathered. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#block.length === 0 || !this.#writer) return
    const block = this.#block.take()
    this.#underWay += block.length
    this.#writer.send(block)
    if (this.#underWay > UNDER_WAY_BYTES_MAX) this.#tooSlow()
  }

  add(op: number, number: number, tick: number, bytes: Uint8Array): void {
    if (!this.#writer) return
    this.#block.add(op, number, tick, bytes)
    if (this.#block.length >= BLOCK_BYTES) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS)
  }

  #open(at: { readonly room: string; readonly tick: number }, op: number, what: object): RoomRecording {
    const number = ++this.#lastNumber
    const pen = new RoomRecording(this, number, at)
    this.#pens.set(number, pen)
    this.add(op, number, 0, Buffer.from(JSON.stringify(what)))
    return pen
  }

  #tooSlow(): void {
    const message = 'the disk is too slow for what is recorded'
    for (const pen of this.#pens.values())
      pen.end({ tick: pen.tick, why: 'cut', isOfGame: false, result: null, message })
    const recordings = this.#pens.size
    this.#options.log.warn({ recordings, underWay: this.#underWay }, 'the disk is too slow: recordings of rooms end')
  }
}

/** A recording that is being written. */
export class RoomRecording {
  readonly room: string
  readonly #recorder: Recorder
  readonly #number: number
  readonly #waiting: { readonly tick: number; readonly written: () => void }[] = []
  #isOpen = true
  #tick: number

  /** Use `Recorder`. */
  constructor(recorder: Recorder, number: number, at: { readonly room: string; readonly tick: number }) {
    this.#recorder = recorder
    this.#number = number
    this.room = at.room
    this.#tick = at.tick
  }

  /** What is added to one that is not is passed over. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The newest that was added. */
  get tick(): number {
    return this.#tick
  }

  /** The room goes on from this checkpoint. */
  part(part: Part, checkpoint: string): void {
    this.#add(ITEM.part, part.tick, Buffer.from(JSON.stringify(part)))
    this.#add(ITEM.checkpoint, part.tick, Buffer.from(checkpoint))
  }

  record(tick: number, bytes: Uint8Array): void {
    this.#add(ITEM.record, tick, bytes)
  }

  note(note: Note): void {
    this.#add(ITEM.note, note.tick, Buffer.from(JSON.stringify(note)))
  }

  /** @param whenWritten all up to the checkpoint is in the file, or never will be */
  checkpoint(tick: number, checkpoint: string, whenWritten: () => void): void {
    if (!this.#isOpen) return whenWritten()
    this.#waiting.push({ tick, written: whenWritten })
    this.#add(ITEM.checkpoint, tick, Buffer.from(checkpoint))
  }

  end(end: RecordingEnd): void {
    this.#add(ITEM.end, end.tick, Buffer.from(JSON.stringify(end)))
    this.closed()
  }

  written(tick: number): void {
    const count = this.#waiting.findIndex((each) => each.tick > tick)
    for (const { written } of this.#waiting.splice(0, count === -1 ? this.#waiting.length : count)) written()
  }

  /** Nothing is written any more. */
  closed(): void {
    this.#isOpen = false
    for (const { written } of this.#waiting.splice(0)) written()
  }

  #add(kind: number, tick: number, bytes: Uint8Array): void {
    if (!this.#isOpen) return
    this.#tick = tick
    this.#recorder.add(kind, this.#number, tick, bytes)
  }
}

function lostEnd(tick: number): RecordingEnd {
  return { tick, why: 'lost', isOfGame: false, result: null, message: 'the room was lost with the server' }
}

/** The ids of rooms with games have a colon, which not every file system takes. */
function idOf(room: string): string {
  return room.replace(':', '.')
}
