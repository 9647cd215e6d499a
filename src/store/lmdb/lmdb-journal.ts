import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'
import { toError } from '../../base/assert.ts'
import type { RoomId } from '../../protocol/ids.ts'
import { HEAD_TICK, type Journal, type JournalEntry, type RoomJournal } from '../journal.ts'
import { StoreLost } from '../store.ts'
import { requireOwnership, takeOwnership } from './owner.ts'
import { requireSpace } from './space.ts'

export interface LmdbJournalOptions {
  /** An existing folder that no other instance uses. */
  readonly dataDir: string
  /** Names the run of the machine: what was written before a power cut is not trusted. */
  readonly bootId: string
  /** Of this process only. */
  readonly runId: string
}

type RecordKey = [room: string, tick: number]

/** Behind every tick. */
const LAST = Number.MAX_SAFE_INTEGER

/**
 * Journals in an LMDB environment of their own, opened without sync as the log is: an append is a write to the page cache, takes some 10 µs
 * on this thread and outlives every process. After a power cut the file may be torn, and is thrown away. Throws what lmdb throws.
 */
export async function openLmdbJournal(options: LmdbJournalOptions): Promise<Journal> {
  const path = join(options.dataDir, 'journal')
  const found = tryOpen(path)
  if (found?.get('bootId') === options.bootId) return new LmdbJournal(found, options)
  await found?.close()
  await rm(path, { recursive: true, force: true })
  return new LmdbJournal(openAt(path), options)
}

function openAt(path: string): RootDatabase<string, string> {
  return open({ path, noSubdir: false, noSync: true, overlappingSync: false })
}

function tryOpen(path: string): RootDatabase<string, string> | undefined {
  try {
    return openAt(path)
  } catch (cause) {
    // A torn file after a power cut; anything else (no space, no right) fails again on the new one.
    if (cause instanceof Error) return undefined
    throw cause
  }
}

class LmdbJournal implements Journal {
  readonly #root: RootDatabase<string, string>
  readonly #records: Database<Buffer, RecordKey>
  readonly #checkpoints: Database<Buffer, RecordKey>
  readonly #options: LmdbJournalOptions

  constructor(root: RootDatabase<string, string>, options: LmdbJournalOptions) {
    this.#root = root
    this.#options = options
    takeOwnership(root, options.runId)
    root.putSync('bootId', options.bootId)
    this.#records = root.openDB({ name: 'records', encoding: 'binary', keyEncoding: 'ordered-binary' })
    this.#checkpoints = root.openDB({ name: 'checkpoints', encoding: 'binary', keyEncoding: 'ordered-binary' })
  }

  append(records: readonly JournalEntry[]): undefined {
    if (records.length === 0) return
    this.#write(records, () => {
      for (const { room, tick, bytes } of records) this.#records.putSync([room, tick], toBuffer(bytes))
    })
  }

  checkpoint(checkpoint: JournalEntry): undefined {
    const { room, tick, bytes } = checkpoint
    this.#write([checkpoint], () => {
      removeRange(this.#checkpoints, [room, 0], [room, LAST])
      this.#checkpoints.putSync([room, tick], toBuffer(bytes))
      removeRange(this.#records, [room, HEAD_TICK + 1], [room, tick + 1])
    })
  }

  delete(room: RoomId): undefined {
    this.#write([], () => {
      removeRange(this.#records, [room, 0], [room, LAST])
      removeRange(this.#checkpoints, [room, 0], [room, LAST])
    })
  }

  async rooms(): Promise<readonly RoomId[]> {
    const rooms = new Set<string>()
    for (const db of [this.#records, this.#checkpoints]) for (const [room] of db.getKeys()) rooms.add(room)
    return [...rooms].sort() as RoomId[]
  }

  async read(room: RoomId): Promise<RoomJournal | undefined> {
    const all = { start: [room, 0] as RecordKey, end: [room, LAST] as RecordKey }
    const records = Array.from(this.#records.getRange(all), ({ key: [, tick], value }) => ({ tick, bytes: value }))
    const [checkpoint] = Array.from(this.#checkpoints.getRange(all), ({ key: [, tick], value }) => ({
      tick,
      bytes: value,
    }))
    if (records.length === 0 && !checkpoint) return undefined
    return {
      head: records.find(({ tick }) => tick === HEAD_TICK)?.bytes,
      checkpoint,
      records: records.filter(({ tick }) => tick !== HEAD_TICK),
    }
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #write(written: readonly JournalEntry[], write: () => void): void {
    requireSpace(this.#options.dataDir, {
      puts: written.map(({ room, bytes }) => ({ key: room, value: bytes })),
      durable: false,
    })
    try {
      this.#root.transactionSync(() => {
        requireOwnership(this.#root, this.#options.runId)
        write()
      })
    } catch (cause) {
      if (cause instanceof StoreLost) throw cause
      throw new StoreLost(`the journal failed: ${toError(cause).message}`, { cause })
    }
  }
}

function removeRange(db: Database<Buffer, RecordKey>, start: RecordKey, end: RecordKey): void {
  for (const key of Array.from(db.getKeys({ start, end }))) db.removeSync(key)
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
