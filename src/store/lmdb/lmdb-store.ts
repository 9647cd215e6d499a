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
import { LogEnv } from './log-env.ts'
import { RecordsEnv, type OutboxEntry } from './records-env.ts'
import { requireSpace } from './space.ts'

export interface LmdbStoreOptions {
  /** An existing folder that no other instance uses. */
  readonly dataDir: string
  readonly clock: Clock
  readonly newEpoch: () => string
  /** See LogEnvOptions. */
  readonly bootId: string
  readonly logSync: boolean
  readonly logBytesMax: number
  /** Of this process only. */
  readonly runId: string
}

/** The embedded store: one machine, one primary, two LMDB environments under `dataDir`. Throws what lmdb throws. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const records = new RecordsEnv(join(options.dataDir, 'records'), options.runId)
  const log = await LogEnv.open({
    path: join(options.dataDir, 'log'),
    sync: options.logSync,
    bytesMax: options.logBytesMax,
    bootId: options.bootId,
    newEpoch: options.newEpoch,
    runId: options.runId,
  })
  await log.markOpen()
  const store = new LmdbStore(records, log, options)
  store.recover()
  return store
}

class LmdbStore implements Store {
  readonly limits = UNLIMITED
  readonly #records: RecordsEnv
  readonly #log: LogEnv
  readonly #clock: Clock
  readonly #dataDir: string
  #follower: (batch: LogBatch) => void = () => {}

  constructor(records: RecordsEnv, log: LogEnv, { clock, dataDir }: LmdbStoreOptions) {
    this.#records = records
    this.#log = log
    this.#clock = clock
    this.#dataDir = dataDir
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

  /** Moves to the log what a process that died between the two commits left behind. */
  recover(): void {
    for (const entry of this.#records.outboxAfter(this.#log.outboxSequence)) this.#appendOutbox(entry)
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    requireSpace(this.#dataDir, transaction)
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

  /** Nothing was left out: the log is no larger than what a node holds. */
  async history(): Promise<boolean> {
    return false
  }

  async close(): Promise<void> {
    await this.#log.close()
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
