import { rm } from 'node:fs/promises'
import { open, type Database, type RootDatabase } from 'lmdb'
import { Deque } from '../../base/deque.ts'
import { decodeBatch, encodeBatch, type StoredBatch } from '../log-codec.ts'
import type { LogBatch, LogRecord } from '../store.ts'
import { requireOwnership, takeOwnership } from './owner.ts'

export interface LogEnvOptions {
  /** A folder without a dot in its name: lmdb takes one with a dot for a file. */
  readonly path: string
  /** Each append waits for the disk. */
  readonly sync: boolean
  /** What is kept on disk; the oldest batches go first. */
  readonly bytesMax: number
  /** Names the run of the machine: what was written before a power cut is not trusted. */
  readonly bootId: string
  readonly newEpoch: () => string
  /** Of this process only. */
  readonly runId: string
}

interface Meta {
  readonly epoch: string
  readonly bootId: string
  /** Closed in order, all on disk. */
  readonly clean: boolean
  /** Every append was synced. */
  readonly sync: boolean
}

/**
 * The log in an environment of its own, opened without sync: an append is a write to the page cache, which outlives
 * every process but not the power. After a power cut the file may be torn, so it is thrown away then and the epoch
 * changes: no client is told that it missed nothing.
 */
export class LogEnv {
  readonly epoch: string
  readonly #options: LogEnvOptions
  readonly #root: RootDatabase<string, string>
  readonly #batches: Database<Buffer, number>
  /** First offset and size of each stored batch, oldest first. */
  readonly #sizes = new Deque<{ readonly offset: number; readonly bytes: number }>()
  #bytes = 0
  #head = 0
  #outboxSequence = 0

  static async open(options: LogEnvOptions): Promise<LogEnv> {
    const first = LogEnv.#tryOpen(options)
    if (first && first.#isTrusted()) return first
    await first?.close()
    await rm(options.path, { recursive: true, force: true })
    return new LogEnv(options)
  }

  static #tryOpen(options: LogEnvOptions): LogEnv | undefined {
    try {
      return new LogEnv(options)
    } catch (cause) {
      // A torn file after a power cut; anything else (no space, no right) fails again on the new one.
      if (cause instanceof Error) return undefined
      throw cause
    }
  }

  private constructor(options: LogEnvOptions) {
    this.#options = options
    this.#root = open({ path: options.path, noSubdir: false, noSync: !options.sync, overlappingSync: false })
    this.#batches = this.#root.openDB({ name: 'batches', encoding: 'binary', keyEncoding: 'ordered-binary' })
    const stored = this.#readMeta()
    this.epoch = stored?.epoch ?? options.newEpoch()
    if (!stored) this.#writeMeta(false)
    for (const { key, value } of this.#batches.getRange()) this.#account(key, value.length, decodeBatch(value))
  }

  get outboxSequence(): number {
    return this.#outboxSequence
  }

  /** Before the first event that is still there. */
  get floor(): number {
    return (this.#sizes.first()?.offset ?? this.#head + 1) - 1
  }

  *read(): Generator<LogBatch> {
    for (const { key, value } of this.#batches.getRange()) {
      const { committedAtMs, records } = decodeBatch(value)
      yield { offset: key, committedAtMs, records }
    }
  }

  /** Marks the log as in use by this run of the machine, on disk, before anything is appended. */
  async markOpen(): Promise<void> {
    takeOwnership(this.#root, this.#options.runId)
    this.#writeMeta(false)
    await this.#sync()
  }

  /** @param outboxSequence of the outbox entry this batch was, if it was one */
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

  async close(): Promise<void> {
    await this.#sync()
    this.#writeMeta(true)
    await this.#sync()
    await this.#root.close()
  }

  #isTrusted(): boolean {
    const meta = this.#readMeta()
    return meta !== undefined && (meta.clean || meta.sync || meta.bootId === this.#options.bootId)
  }

  #readMeta(): Meta | undefined {
    const text = this.#root.get('meta')
    return text === undefined ? undefined : (JSON.parse(text) as Meta)
  }

  #writeMeta(clean: boolean): void {
    const { bootId, sync } = this.#options
    const meta: Meta = { epoch: this.epoch, bootId, clean, sync }
    this.#root.putSync('meta', JSON.stringify(meta))
  }

  #account(offset: number, bytes: number, batch: StoredBatch): void {
    this.#sizes.push({ offset, bytes })
    this.#bytes += bytes
    this.#head = offset + batch.records.length - 1
    this.#outboxSequence = Math.max(this.#outboxSequence, batch.outboxSequence)
  }

  /** First offsets of the batches that have to go for `incomingBytes` to fit. */
  #oldestBeyond(incomingBytes: number): number[] {
    const offsets: number[] = []
    let bytes = this.#bytes + incomingBytes
    for (const oldest of this.#sizes) {
      if (bytes <= this.#options.bytesMax) break
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
