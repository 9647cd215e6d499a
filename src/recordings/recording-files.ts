import { mkdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { toError } from '../base/assert.ts'
import { readFreeBytes } from '../base/disk.ts'
import type { ItemKind, RecordingEnd } from '../games/recording/format.ts'
import { ITEM } from '../games/recording/format.ts'
import { SUFFIX, type RecordingLimits } from './limits.ts'
import { readIds } from './list.ts'
import { readFacts, readWhole, RecordingFile } from './recording-file.ts'
import { OP, readOps, type Begin, type Report, type Resume, type Unfinished } from './wire.ts'

export interface RecordingFilesOptions {
  /** It is made if it is not there. */
  readonly folder: string
  readonly limits: RecordingLimits
  /** Unix time. */
  readonly nowMs: () => number
  /** Bytes that the disk has left. */
  readonly readFree?: () => number
}

/** What a recording leaves of the disk to the store, which takes nothing more if it has less than 4 MiB. */
const RESERVE_BYTES = 64 * 1024 * 1024
/** For the end of a recording that has no place for more. */
const END_BYTES = 1024

/** A recording that has its end. */
interface Kept {
  readonly bytes: number
  readonly endedMs: number
}

/** Writes recordings, and lets the oldest go. Synchronous: it runs where nobody waits for it. */
export class RecordingFiles {
  readonly #folder: string
  readonly #limits: RecordingLimits
  readonly #nowMs: () => number
  readonly #readFree: () => number
  readonly #open = new Map<number, RecordingFile>()
  /** By id. */
  #kept = new Map<string, Kept>()
  #report = newReport()

  constructor({ folder, limits, nowMs, readFree = () => readFreeBytes(folder) }: RecordingFilesOptions) {
    this.#folder = folder
    this.#limits = limits
    this.#nowMs = nowMs
    this.#readFree = readFree
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#look()
  }

  /** Recordings that an earlier writer has left without an end. */
  unfinished(): readonly Unfinished[] {
    return readIds(this.#folder).flatMap((id) => {
      const facts = readFacts(this.#pathOf(id))
      if (!facts || facts.end) return []
      return [{ id, room: facts.head.room, tick: readWhole(this.#pathOf(id))?.tick ?? facts.head.tick }]
    })
  }

  /** Does what a block says, in its order. */
  apply(block: Buffer): Report {
    this.#report = newReport()
    this.#report.bytes = block.length
    for (const { op, number, tick, bytes } of readOps(block)) this.#apply(op, number, tick, bytes)
    return this.#report
  }

  /** Lets go of what is too old, and of what is too much if somebody else has added files. */
  sweep(): Report {
    this.#report = newReport()
    this.#look()
    this.#makePlace(0)
    return this.#report
  }

  #apply(op: number, number: number, tick: number, bytes: Buffer): void {
    if (op === OP.begin) this.#begin(number, JSON.parse(bytes.toString()) as Begin)
    else if (op === OP.resume) this.#resume(number, JSON.parse(bytes.toString()) as Resume)
    else if (op === OP.delete) this.#delete(number, bytes.toString())
    else if (op === ITEM.end) this.#end(number, JSON.parse(bytes.toString()) as RecordingEnd)
    else this.#add(number, op as ItemKind, tick, bytes)
  }

  #begin(number: number, { id, head }: Begin): void {
    const refused = this.#makePlace(1) ?? (this.#hasDisk() ? undefined : NO_DISK)
    if (refused !== undefined) {
      this.#report.ended.push([number, refused])
      return
    }
    this.#attempt(number, () => {
      const free = this.#freeId(id)
      this.#open.set(number, RecordingFile.create(free, this.#pathOf(free), head))
    })
  }

  #resume(number: number, { id }: Resume): void {
    this.#attempt(number, () => {
      const file = RecordingFile.resume(id, this.#pathOf(id))
      if (file) this.#open.set(number, file)
      else this.#report.ended.push([number, 'it cannot be read any more'])
    })
  }

  #add(number: number, kind: ItemKind, tick: number, bytes: Buffer): void {
    const file = this.#open.get(number)
    if (!file?.add(kind, tick, bytes)) return
    this.#write(number, file)
    if (this.#open.has(number)) this.#report.written.push([number, tick])
  }

  #end(number: number, end: RecordingEnd): void {
    const file = this.#open.get(number)
    if (!file) return
    this.#write(number, file)
    if (!this.#open.has(number)) return
    this.#attempt(number, () => {
      file.end(end)
      this.#close(number, file, null)
    })
  }

  /** What waits, if there is place for it; else the recording ends. */
  #write(number: number, file: RecordingFile): void {
    const frame = file.takeFrame()
    if (!frame) return
    const full = this.#findFull(file, frame.length)
    this.#attempt(number, () => {
      if (full === undefined) {
        file.append(frame)
        this.#report.bytesWritten += frame.length
      } else {
        file.end({ tick: file.tick, why: 'cut', isOfGame: false, result: null, message: full })
        this.#close(number, file, full)
      }
    })
  }

  /** Why there is no place for so many bytes more. */
  #findFull(file: RecordingFile, bytes: number): string | undefined {
    if (file.bytes + bytes + END_BYTES > this.#limits.bytesMax)
      return 'it has as many bytes as a recording may have (GAME_RECORDING_BYTES)'
    if (!this.#hasDisk()) return NO_DISK
    this.#removeOldest(() => this.#bytesOfAll() + bytes > this.#limits.bytesOfAllMax)
    if (this.#bytesOfAll() + bytes <= this.#limits.bytesOfAllMax) return undefined
    return 'all recordings have as many bytes as they may have (GAME_RECORDINGS_BYTES)'
  }

  #hasDisk(): boolean {
    try {
      return this.#readFree() >= RESERVE_BYTES
    } catch {
      return false
    }
  }

  /** Makes place for so many more. Returns why there is none. */
  #makePlace(more: number): string | undefined {
    const { countMax, bytesOfAllMax, ageMsMax } = this.#limits
    const sinceMs = this.#nowMs() - ageMsMax
    for (const [id, { endedMs }] of this.#kept) if (endedMs < sinceMs) this.#remove(id)
    const isFull = () =>
      this.#open.size + this.#kept.size + more > countMax || this.#bytesOfAll() + more > bytesOfAllMax
    this.#removeOldest(isFull)
    return more > 0 && isFull() ? 'as many recordings are under way as there may be (GAME_RECORDINGS)' : undefined
  }

  #removeOldest(isWanted: () => boolean): void {
    while (this.#kept.size > 0 && isWanted()) {
      let oldest: string | undefined
      for (const [id, { endedMs }] of this.#kept)
        if (oldest === undefined || endedMs < (this.#kept.get(oldest)?.endedMs ?? 0)) oldest = id
      if (oldest !== undefined) this.#remove(oldest)
    }
  }

  #remove(id: string): void {
    this.#kept.delete(id)
    rmSync(this.#pathOf(id), { force: true })
    this.#report.removed.push(id)
  }

  #delete(call: number, id: string): void {
    for (const [number, file] of this.#open) if (file.id === id) this.#close(number, file, 'it was deleted')
    const wasThere = statSync(this.#pathOf(id), { throwIfNoEntry: false }) !== undefined
    rmSync(this.#pathOf(id), { force: true })
    this.#kept.delete(id)
    this.#report.deleted.push([call, wasThere])
  }

  #close(number: number, file: RecordingFile, why: string | null): void {
    this.#open.delete(number)
    this.#kept.set(file.id, { bytes: file.bytes, endedMs: this.#nowMs() })
    this.#report.ended.push([number, why])
  }

  /** What the file system throws ends the recording, and nothing else. */
  #attempt(number: number, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#open.delete(number)
      this.#report.ended.push([number, toError(error).message])
    }
  }

  #bytesOfAll(): number {
    let bytes = 0
    for (const file of this.#open.values()) bytes += file.bytes
    for (const kept of this.#kept.values()) bytes += kept.bytes
    return bytes
  }

  /** What is there, but for what is being written. */
  #look(): void {
    const own = new Set(Array.from(this.#open.values(), ({ id }) => id))
    const stats = readIds(this.#folder).map(
      (id) => [id, statSync(this.#pathOf(id), { throwIfNoEntry: false })] as const,
    )
    this.#kept = new Map(
      stats.flatMap(([id, stat]) => (stat && !own.has(id) ? [[id, { bytes: stat.size, endedMs: stat.mtimeMs }]] : [])),
    )
  }

  #freeId(id: string): string {
    for (let i = 1; ; i++) {
      const free = i === 1 ? id : `${id}-${i}`
      if (!statSync(this.#pathOf(free), { throwIfNoEntry: false })) return free
    }
  }

  #pathOf(id: string): string {
    return path.join(this.#folder, id + SUFFIX)
  }
}

const NO_DISK = 'the disk has too little space left'

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly (infer E)[] ? E[] : T[Name] }

function newReport(): Mutable<Report> {
  return { bytes: 0, bytesWritten: 0, written: [], ended: [], deleted: [], removed: [] }
}
