import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'
import { toError } from '../../base/assert.ts'
import type { RoomId } from '../../protocol/ids.ts'
import { HEAD_TICK, type Beat, type Journal, type JournalEntry, type RoomJournal } from '../journal.ts'
import { StoreLost } from '../store.ts'
import { isThere } from './check-data.ts'
import { findDamage } from './find-damage.ts'
import { encodeEntry, findGap, NO_TICK, readBytes, type StoredEntry } from './journal-value.ts'
import { requireOwnership, takeOwnership } from './owner.ts'
import { requireSpace } from './space.ts'

export interface LmdbJournalOptions {
  /** An existing folder that no other instance uses. */
  readonly dataDir: string
  /** Of this process only. */
  readonly runId: string
  /** The whole of it cannot be used, and was moved away. */
  readonly onLost: (reason: string) => void
}

type RecordKey = [room: string, tick: number]

/** Where `beat` is kept, beside the owner. */
const BEAT = 'beat'
/** Behind every tick. */
const LAST = Number.MAX_SAFE_INTEGER
/** Within the data folder: an environment that cannot be opened, of which only the last is kept, so that somebody may look at it. */
const DAMAGED = 'journal-damaged'

/**
 * Journals in an LMDB environment of their own, opened without sync as the log is: an append is a write to the page cache, takes some 10 µs
 * on this thread and outlives every process. A power cut may tear the file, and what rooms recover from has to be what was written: so a
 * file that is not whole is moved away unopened, and a room whose entries are damaged, or do not follow each other, is let go.
 * Throws what lmdb throws.
 */
export async function openLmdbJournal(options: LmdbJournalOptions): Promise<Journal> {
  const path = join(options.dataDir, 'journal')
  const found = openFound(path)
  if (typeof found !== 'string') return toJournal(found, options)
  if (found !== '') {
    options.onLost(found)
    await rm(join(options.dataDir, DAMAGED), { recursive: true, force: true })
    await rename(path, join(options.dataDir, DAMAGED))
  }
  return toJournal(openAt(path), options)
}

function toJournal(root: RootDatabase<string, string>, options: LmdbJournalOptions): Journal {
  const journal = new LmdbJournal(root, options)
  journal.dropDamaged()
  return journal
}

function openAt(path: string): RootDatabase<string, string> {
  return open({ path, noSubdir: false, noSync: true, overlappingSync: false })
}

/** Returns why the environment cannot be used; an empty text says that there is none. */
function openFound(path: string): RootDatabase<string, string> | string {
  const file = join(path, 'data.mdb')
  if (!isThere(file)) return ''
  const damage = findDamage(file)
  if (damage !== undefined) return damage
  try {
    return openAt(path)
  } catch (cause) {
    // Anything but the file itself (no space, no right) fails again on the new one.
    return toError(cause).message
  }
}

class LmdbJournal implements Journal {
  readonly damaged: { readonly room: RoomId; readonly reason: string }[] = []
  readonly #root: RootDatabase<string, string>
  readonly #records: Database<Buffer, RecordKey>
  readonly #checkpoints: Database<Buffer, RecordKey>
  readonly #options: LmdbJournalOptions
  /** The newest tick of the rooms that were written to. */
  readonly #newest = new Map<RoomId, number>()

  constructor(root: RootDatabase<string, string>, options: LmdbJournalOptions) {
    this.#root = root
    this.#options = options
    takeOwnership(root, options.runId)
    this.#records = root.openDB({ name: 'records', encoding: 'binary', keyEncoding: 'ordered-binary' })
    this.#checkpoints = root.openDB({ name: 'checkpoints', encoding: 'binary', keyEncoding: 'ordered-binary' })
  }

  dropDamaged(): void {
    for (const room of this.#rooms()) {
      const reason = findGap(room, this.#readStored(room))
      if (reason === undefined) continue
      this.delete(room)
      this.damaged.push({ room, reason })
    }
  }

  append(records: readonly JournalEntry[]): undefined {
    if (records.length === 0) return
    this.#write(records, () => {
      for (const record of records) {
        this.#records.putSync([record.room, record.tick], encodeEntry(record, this.#previousOf(record)))
        this.#newest.set(record.room, Math.max(record.tick, this.#newest.get(record.room) ?? NO_TICK))
      }
    })
  }

  checkpoint(checkpoint: JournalEntry): undefined {
    const { room, tick } = checkpoint
    this.#write([checkpoint], () => {
      removeRange(this.#checkpoints, [room, 0], [room, LAST])
      this.#checkpoints.putSync([room, tick], encodeEntry(checkpoint, NO_TICK))
      removeRange(this.#records, [room, HEAD_TICK + 1], [room, tick + 1])
    })
  }

  delete(room: RoomId): undefined {
    this.#write([], () => {
      removeRange(this.#records, [room, 0], [room, LAST])
      removeRange(this.#checkpoints, [room, 0], [room, LAST])
    })
    this.#newest.delete(room)
  }

  async rooms(): Promise<readonly RoomId[]> {
    return this.#rooms()
  }

  async read(room: RoomId): Promise<RoomJournal | undefined> {
    const { head, checkpoint, records } = this.#readStored(room)
    if (!head && !checkpoint && records.length === 0) return undefined
    return {
      head: head && readBytes(head.value),
      checkpoint: checkpoint && toRead(checkpoint),
      records: records.map(toRead),
    }
  }

  beat(beat: Beat): undefined {
    this.#write([], () => this.#root.putSync(BEAT, JSON.stringify(beat)))
  }

  async lastBeat(): Promise<Beat | undefined> {
    const beat = this.#root.get(BEAT)
    return beat === undefined ? undefined : (JSON.parse(beat) as Beat)
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #rooms(): readonly RoomId[] {
    const rooms = new Set<string>()
    for (const db of [this.#records, this.#checkpoints]) for (const [room] of db.getKeys()) rooms.add(room)
    return [...rooms].sort() as RoomId[]
  }

  #readStored(room: RoomId) {
    const all = { start: [room, 0] as RecordKey, end: [room, LAST] as RecordKey }
    const read = (db: Database<Buffer, RecordKey>): StoredEntry[] =>
      Array.from(db.getRange(all), ({ key: [, tick], value }) => ({ tick, value }))
    const records = read(this.#records)
    return {
      head: records.find(({ tick }) => tick === HEAD_TICK),
      checkpoint: read(this.#checkpoints)[0],
      records: records.filter(({ tick }) => tick !== HEAD_TICK),
    }
  }

  /** Records that a checkpoint has made needless do not count: then it is the tick of the checkpoint, or an earlier one. */
  #previousOf({ room, tick }: JournalEntry): number {
    const newest = this.#newest.get(room)
    if (newest !== undefined && newest < tick) return newest
    const range = { start: [room, tick - 1] as RecordKey, end: [room, NO_TICK] as RecordKey, reverse: true, limit: 1 }
    for (const [, previous] of this.#records.getKeys(range)) return previous
    return NO_TICK
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

function toRead({ tick, value }: StoredEntry): { readonly tick: number; readonly bytes: Uint8Array } {
  return { tick, bytes: readBytes(value) }
}
