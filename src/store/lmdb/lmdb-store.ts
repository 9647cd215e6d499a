import { join } from 'node:path'
import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { Deque } from '../../base/deque.ts'
import {
  OutcomeUnknown,
  StoreLost,
  StoreUnavailable,
  type CommitResult,
  type LogBatch,
  type Store,
  type StoredRecord,
  type Transaction,
} from '../store.ts'
import { LogEnv } from './log-env.ts'
import { RecordsEnv, type OutboxEntry } from './records-env.ts'

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
  const store = new LmdbStore(records, log, options.clock)
  store.recover()
  return store
}

class LmdbStore implements Store {
  readonly #records: RecordsEnv
  readonly #log: LogEnv
  readonly #clock: Clock
  /** Committed with their records and not yet in the log, oldest first. */
  readonly #unlogged = new Deque<OutboxEntry>()
  #follower: (batch: LogBatch) => void = () => {}

  constructor(records: RecordsEnv, log: LogEnv, clock: Clock) {
    this.#records = records
    this.#log = log
    this.#clock = clock
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
    for (const entry of this.#records.outboxAfter(this.#log.outboxSequence)) this.#unlogged.push(entry)
    this.#moveUnlogged()
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    const touchesRecords = transaction.puts?.length || transaction.deletes?.length || transaction.guards?.length
    if (transaction.durable || touchesRecords) return this.#commitDurably(transaction)
    const records = transaction.log ?? []
    if (records.length === 0) return { committed: true, offset: 0 }
    try {
      this.#moveUnlogged()
      return { committed: true, offset: this.#append({ committedAtMs: this.#clock.wallMs(), records }) }
    } catch (cause) {
      if (cause instanceof StoreLost) throw cause
      throw new StoreUnavailable(`the log took no write: ${toError(cause).message}`, { cause })
    }
  }

  async #commitDurably(transaction: Transaction): Promise<CommitResult> {
    const result = await this.#commitRecords(transaction)
    if ('conflicts' in result) return { committed: false, conflicts: result.conflicts }
    if (!result.outbox) return { committed: true, offset: 0 }
    this.#unlogged.push(result.outbox)
    try {
      return { committed: true, offset: this.#moveUnlogged() }
    } catch (cause) {
      // The change is done and its event is kept: the log takes it as soon as it takes anything.
      throw new OutcomeUnknown(`committed, but the log took no write: ${toError(cause).message}`, { cause })
    }
  }

  async #commitRecords(transaction: Transaction): ReturnType<RecordsEnv['commit']> {
    try {
      return await this.#records.commit(transaction, this.#clock.wallMs(), this.#log.outboxSequence)
    } catch (cause) {
      if (cause instanceof StoreLost) throw cause
      throw new StoreUnavailable(`the records took no write: ${toError(cause).message}`, { cause })
    }
  }

  async follow(onBatch: (batch: LogBatch) => void): Promise<void> {
    for (const batch of this.#log.read()) onBatch(batch)
    this.#follower = onBatch
  }

  async close(): Promise<void> {
    await this.#log.close()
    await this.#records.close()
  }

  /** Gives the offset of the newest one. */
  #moveUnlogged(): number {
    let offset = 0
    for (let entry = this.#unlogged.first(); entry; entry = this.#unlogged.first()) {
      offset = this.#append({ ...entry, outboxSequence: entry.sequence })
      this.#unlogged.shift()
    }
    return offset
  }

  #append(batch: Parameters<LogEnv['append']>[0]): number {
    const appended = this.#log.append(batch)
    this.#follower(appended)
    return appended.offset
  }
}
