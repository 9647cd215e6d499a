import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'
import { toError } from '../../base/assert.ts'
import { Deque } from '../../base/deque.ts'
import { decodeBatch, encodeBatch, type StoredBatch } from '../log-codec.ts'
import type { LogBatch, LogRecord } from '../store.ts'
import { findMisfit, isThere } from './check-data.ts'
import { findDamage } from './find-damage.ts'
import { mayBeTorn } from './mark.ts'
import { isOwner, requireOwnership, takeOwnership } from './owner.ts'

export interface LogEnvOptions {
  /** The folder's name must have no dot, because lmdb takes a path with a dot for a file. */
  readonly path: string
  /** Each append waits for the disk. */
  readonly sync: boolean
  /** How much is kept on disk. The oldest batches are deleted first. */
  readonly bytesMax: number
  /** Identifies the run of the machine: an unsynced log of an earlier run is not trusted. */
  readonly bootId: string
  readonly newEpoch: () => string
  /** Identifies this process. */
  readonly runId: string
  /** The id of the store that the log belongs to. */
  readonly storeId: string
  readonly outboxSequence: number
  readonly outboxFirst: number
  /** Its last offset when it was closed in order. Undefined if it was not. */
  readonly closedAt: number | undefined
  /** A power cut may have torn the log, so it must not be opened. */
  readonly mayBeTorn: boolean
  /** An existing log was discarded, so the epoch changes. */
  readonly onLost: (reason: string) => void
}

interface Meta {
  readonly epoch: string
  /** Absent in a log that an older version made, as is the next field. */
  readonly storeId?: string
  /** Outbox entries up to this one were never in this log. */
  readonly outboxFrom?: number
  readonly bootId: string
  /**
   * True if it was closed in order, with all on disk. Older versions have only this, `sync` and `bootId` to go by; this version
   * also has the mark.
   */
  readonly clean: boolean
  /** Every append was synced. */
  readonly sync: boolean
}

/** The file in the folder of an environment. */
const DATA_FILE = 'data.mdb'

/**
 * The log has an environment of its own that is opened without sync: an append is a write to the page cache. It survives the
 * death of every process, but not a power cut. After a power cut the file may be torn, so it is discarded and the epoch changes:
 * then no client is told that it missed nothing. The same is done with a damaged log, which is found before it is opened.
 */
export class LogEnv {
  readonly epoch: string
  /** False while the disk has little room: then the oldest batches are deleted for new ones. */
  mayGrow = true
  readonly #options: LogEnvOptions
  readonly #root: RootDatabase<string, string>
  readonly #batches: Database<Buffer, number>
  readonly #stored: Meta | undefined
  /** First offset and size of each stored batch, oldest first. */
  readonly #sizes = new Deque<{ readonly offset: number; readonly bytes: number }>()
  readonly #outboxFrom: number
  #bytes = 0
  #head = 0
  #outboxSequence: number

  /** Throws DataRefused if the records may be older than the log. */
  static async open(options: LogEnvOptions): Promise<LogEnv> {
    const found = await LogEnv.#openFound(options)
    if (typeof found !== 'string') return found
    if (found !== '') options.onLost(found)
    await rm(options.path, { recursive: true, force: true })
    return new LogEnv(options)
  }

  /** Returns why the existing log cannot be used. Returns an empty text if there is no log. */
  static async #openFound(options: LogEnvOptions): Promise<LogEnv | string> {
    const file = join(options.path, DATA_FILE)
    if (!isThere(file)) return ''
    if (options.mayBeTorn) return 'it was not closed before the machine stopped'
    const damage = findDamage(file)
    if (damage !== undefined) return damage
    const log = LogEnv.#tryOpen(options)
    if (typeof log === 'string') return log
    try {
      const misfit = log.#findMisfit()
      if (misfit === undefined) return log
      await log.#root.close()
      return misfit
    } catch (cause) {
      await log.#root.close()
      throw cause
    }
  }

  static #tryOpen(options: LogEnvOptions): LogEnv | string {
    try {
      return new LogEnv(options)
    } catch (cause) {
      // The batches cannot be read. If the cause is something else (no space, no permission), opening a new log fails as well.
      return toError(cause).message
    }
  }

  private constructor(options: LogEnvOptions) {
    this.#options = options
    this.#root = open({ path: options.path, noSubdir: false, noSync: !options.sync, overlappingSync: false })
    this.#batches = this.#root.openDB({ name: 'batches', encoding: 'binary', keyEncoding: 'ordered-binary' })
    this.#stored = this.#readMeta()
    this.epoch = this.#stored?.epoch ?? options.newEpoch()
    this.#outboxFrom = this.#stored ? (this.#stored.outboxFrom ?? 0) : options.outboxFirst - 1
    this.#outboxSequence = this.#outboxFrom
    if (!this.#stored) this.#writeMeta(false)
    for (const { key, value } of this.#batches.getRange()) this.#load(key, value)
  }

  get head(): number {
    return this.#head
  }

  get outboxSequence(): number {
    return this.#outboxSequence
  }

  /** The offset before the first event that is kept. */
  get floor(): number {
    return (this.#sizes.first()?.offset ?? this.#head + 1) - 1
  }

  *read(): Generator<LogBatch> {
    for (const { key, value } of this.#batches.getRange()) {
      const { committedAtMs, records } = decodeBatch(value)
      yield { offset: key, committedAtMs, records }
    }
  }

  /** Marks the log as in use by this run of the machine. The mark is on disk before anything is appended. */
  async markOpen(): Promise<void> {
    takeOwnership(this.#root, this.#options.runId)
    this.#writeMeta(false)
    await this.#sync()
  }

  /** @param outboxSequence given if the batch comes from the outbox */
  append(batch: { committedAtMs: number; outboxSequence?: number; records: readonly LogRecord[] }): LogBatch {
    const offset = this.#head + 1
    const stored = { outboxSequence: this.#outboxSequence, ...batch }
    const bytes = encodeBatch(stored)
    const trimmed = this.#oldestBeyond(bytes.length)
    this.#root.transactionSync(() => {
      requireOwnership(this.#root, this.#options.runId)
      this.#batches.putSync(offset, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      for (const old of trimmed) this.#batches.removeSync(old)
    })
    for (const _ of trimmed) this.#bytes -= this.#sizes.shift()?.bytes ?? 0
    this.#account(offset, bytes.length, stored)
    return { offset, committedAtMs: batch.committedAtMs, records: batch.records }
  }

  /** Resolves to whether all of it is on disk, and the log still belongs to this process. */
  async close(): Promise<boolean> {
    const isOurs = isOwner(this.#root, this.#options.runId)
    if (isOurs) {
      await this.#sync()
      this.#writeMeta(true)
      await this.#sync()
    }
    await this.#root.close()
    return isOurs
  }

  /** Throws DataRefused. */
  #findMisfit(): string | undefined {
    const { storeId, outboxSequence, outboxFirst, path, bootId, closedAt = this.#head } = this.#options
    if (!this.#stored || mayBeTorn(this.#stored, bootId)) return 'it was not closed before the machine stopped'
    const logId = this.#stored.storeId
    const logSequence = this.#outboxSequence
    const misfit = findMisfit(path, { recordsId: storeId, outboxSequence, outboxFirst, logId, logSequence })
    if (misfit !== undefined || this.#head === closedAt) return misfit
    return `it ends at ${this.#head}, and ended at ${closedAt} when it was closed`
  }

  #readMeta(): Meta | undefined {
    const text = this.#root.get('meta')
    return text === undefined ? undefined : (JSON.parse(text) as Meta)
  }

  #writeMeta(clean: boolean): void {
    const { bootId, sync, storeId } = this.#options
    const meta: Meta = { epoch: this.epoch, storeId, outboxFrom: this.#outboxFrom, bootId, clean, sync }
    this.#root.putSync('meta', JSON.stringify(meta))
  }

  #load(offset: number, value: Buffer): void {
    if (this.#sizes.first() && offset !== this.#head + 1)
      throw new Error(`the log goes on at ${offset} behind ${this.#head}`)
    this.#account(offset, value.length, decodeBatch(value))
  }

  #account(offset: number, bytes: number, batch: StoredBatch): void {
    this.#sizes.push({ offset, bytes })
    this.#bytes += bytes
    this.#head = offset + batch.records.length - 1
    this.#outboxSequence = Math.max(this.#outboxSequence, batch.outboxSequence)
  }

  /** First offsets of the batches that have to be deleted so that `incomingBytes` fit. */
  #oldestBeyond(incomingBytes: number): number[] {
    const offsets: number[] = []
    const most = this.mayGrow ? this.#options.bytesMax : Math.min(this.#options.bytesMax, this.#bytes)
    let bytes = this.#bytes + incomingBytes
    for (const oldest of this.#sizes) {
      if (bytes <= most) break
      bytes -= oldest.bytes
      offsets.push(oldest.offset)
    }
    return offsets
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      const root = this.#root as unknown as { sync(done: (error: unknown) => void): void } // not in lmdb's types
      root.sync((error) => (error instanceof Error ? reject(error) : resolve()))
    })
  }
}
