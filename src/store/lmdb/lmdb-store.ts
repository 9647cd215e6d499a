import { join } from 'node:path'
import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import {
  StoreLost,
  type CommitResult,
  type LogBatch,
  type LogFollower,
  type Store,
  type StoredRecord,
  type Transaction,
} from '../store.ts'
import { UNLIMITED } from '../limits.ts'
import { isThere, requireRecords, requireSameRecords } from './check-data.ts'
import { LogEnv } from './log-env.ts'
import { mayBeTorn, readMark, writeMark, type Mark } from './mark.ts'
import { RecordsEnv, type OutboxEntry } from './records-env.ts'
import { Space } from './space.ts'

export interface LmdbStoreOptions {
  /** An existing folder that no other instance uses. */
  readonly dataDir: string
  readonly clock: Clock
  readonly newEpoch: () => string
  /** See LogEnvOptions. */
  readonly bootId: string
  readonly logSync: boolean
  readonly logBytesMax: number
  /** Identifies this process. */
  readonly runId: string
  /** An existing log was discarded, so the epoch changes. */
  readonly onLogLost: (reason: string) => void
}

/**
 * The embedded store for one machine and one primary: two LMDB environments under `dataDir`. Throws DataRefused, NewerSchema and
 * what lmdb throws.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { dataDir, bootId, runId, logSync } = options
  const markFile = join(dataDir, MARK_FILE)
  const space = new Space(dataDir)
  space.open()
  const mark = readMark(markFile)
  const logPath = join(dataDir, 'log')
  const files = { records: join(dataDir, 'records', 'data.mdb'), log: join(logPath, 'data.mdb'), mark: markFile }
  requireRecords(files, mark)
  const records = new RecordsEnv(join(dataDir, 'records'), runId)
  try {
    requireSameRecords(markFile, records, mark)
    // A new store gets the id of the process that made it.
    const storeId = records.storeId ?? runId
    records.take(storeId)
    const writeState: WriteState = (state) =>
      writeMark(markFile, { storeId, revision: records.revision, bootId, ...state })
    const log = await LogEnv.open({
      path: logPath,
      sync: logSync,
      bytesMax: options.logBytesMax,
      bootId,
      newEpoch: options.newEpoch,
      runId,
      storeId,
      outboxSequence: records.outboxSequence,
      outboxFirst: records.outboxFirst,
      closedAt: mark === undefined || mark === 'damaged' ? undefined : mark.logHead,
      mayBeTorn: mark !== undefined && mayBeTorn(mark, bootId),
      onLost: options.onLogLost,
    })
    // This comes before anything is written to an existing log. Appends of the last run that were not synced are on disk after
    // markOpen.
    writeState({ clean: false, sync: false })
    await log.markOpen()
    if (logSync) writeState({ clean: false, sync: true })
    const store = new LmdbStore({ records, log, space, writeState, options })
    store.recover()
    return store
  } catch (cause) {
    await records.close()
    throw cause
  }
}

/** A file in the data folder that names the store of these records and this log, and says how the log was left. */
const MARK_FILE = 'store.json'

type WriteState = (state: Pick<Mark, 'clean' | 'sync' | 'logHead'>) => void

interface Parts {
  readonly records: RecordsEnv
  readonly log: LogEnv
  readonly space: Space
  readonly writeState: WriteState
  readonly options: LmdbStoreOptions
}

class LmdbStore implements Store {
  readonly limits = UNLIMITED
  readonly #records: RecordsEnv
  readonly #log: LogEnv
  readonly #clock: Clock
  readonly #space: Space
  readonly #writeState: WriteState
  readonly #markFile: string
  readonly #logSync: boolean
  #follower: (batch: LogBatch) => void = () => {}

  constructor({ records, log, space, writeState, options: { clock, dataDir, logSync } }: Parts) {
    this.#records = records
    this.#log = log
    this.#writeState = writeState
    this.#clock = clock
    this.#space = space
    this.#markFile = join(dataDir, MARK_FILE)
    this.#logSync = logSync
  }

  get epoch(): string {
    return this.#log.epoch
  }

  async get(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    return this.#records.getMany(keys)
  }

  async list(prefix: string, page: { after?: string; limit: number }): Promise<readonly StoredRecord[]> {
    return this.#records.list(prefix, page.after, page.limit)
  }

  /** Moves into the log what a process that died between the two commits left behind. */
  recover(): void {
    for (const entry of this.#records.outboxAfter(this.#log.outboxSequence)) this.#appendOutbox(entry)
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    const { mayLogGrow } = this.#space.require(transaction)
    this.#log.mayGrow = mayLogGrow
    try {
      return await this.#commit(transaction)
    } catch (cause) {
      if (cause instanceof StoreLost) throw cause
      throw new StoreLost(`the embedded store failed: ${toError(cause).message}`, { cause })
    }
  }

  async #commit(transaction: Transaction): Promise<CommitResult> {
    const touchesRecords = transaction.puts?.length || transaction.deletes?.length || transaction.guards?.length
    if (transaction.durable || touchesRecords) return this.#commitDurably(transaction)
    const records = transaction.log ?? []
    if (records.length === 0) return { committed: true, offset: 0, revision: 0 }
    return { committed: true, offset: this.#append({ committedAtMs: this.#clock.wallMs(), records }), revision: 0 }
  }

  async #commitDurably(transaction: Transaction): Promise<CommitResult> {
    const result = await this.#records.commit(transaction, this.#clock.wallMs(), this.#log.outboxSequence)
    if ('conflicts' in result) return { committed: false, conflicts: result.conflicts }
    const { outbox, revision } = result
    return { committed: true, offset: outbox ? this.#appendOutbox(outbox) : 0, revision }
  }

  async follow({ onStart, onBatch }: LogFollower): Promise<void> {
    onStart(this.#log.floor)
    for (const batch of this.#log.read()) onBatch(batch)
    this.#follower = onBatch
  }

  /** `follow` has left nothing out, because the log is no larger than what a node holds. */
  async history(): Promise<boolean> {
    return false
  }

  async close(): Promise<void> {
    const isClean = await this.#log.close()
    // If somebody has removed the folder, it needs no mark.
    if (isClean && isThere(this.#markFile)) {
      this.#writeState({ clean: true, sync: this.#logSync, logHead: this.#log.head })
    }
    await this.#records.close()
  }

  #appendOutbox(entry: OutboxEntry): number {
    return this.#append({ ...entry, outboxSequence: entry.sequence })
  }

  #append(batch: Parameters<LogEnv['append']>[0]): number {
    const appended = this.#log.append(batch)
    this.#follower(appended)
    return appended.offset
  }
}
