import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb-store.ts'
import type { Store } from '../../src/store/store.ts'
import { toFollower } from '../helpers/follower.ts'
import { createChance, type Chance } from '../helpers/house/chance.ts'

const CHANNEL = 'n/private' as Channel
const PAGE_BYTES = 4096
const DATA = ['log/data.mdb', 'records/data.mdb'] as const
const FILES = [...DATA, 'log/lock.mdb', 'records/lock.mdb', 'store.json'] as const

/** A data folder, and what its files were at earlier times. */
export interface Sample {
  readonly folder: string
  readonly earlier: readonly ReadonlyMap<string, Buffer>[]
  readonly epoch: string
  readonly log: string
}

let runs = 0

export function openAt(
  dataDir: string,
  bootId: string,
  onLogLost: (reason: string) => void = () => {},
): Promise<Store> {
  mkdirSync(dataDir, { recursive: true })
  return openLmdbStore({
    dataDir,
    clock: systemClock,
    newEpoch: () => `epoch-${++runs}`,
    bootId,
    runId: `run-${++runs}`,
    logSync: false,
    logBytesMax: 256 * 1024,
    onLogLost,
  })
}

/** Changes, deletes, values with pages of their own and without, events: enough that pages are freed and used again. */
async function work(store: Store, chance: Chance, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const puts = Array.from({ length: 8 }, () => ({
      key: `k/${chance.integer(0, 399)}`,
      value: Buffer.alloc(1 + chance.integer(0, chance.integer(0, 7) === 0 ? 20_000 : 300), 'v'),
    }))
    const deletes = Array.from({ length: 6 }, () => `k/${chance.integer(0, 399)}`)
    const log = [{ channel: CHANNEL, body: Buffer.alloc(1 + chance.integer(0, 5999), 'x') }]
    const isChange = chance.integer(0, 2) === 0
    await store.commit(
      isChange
        ? { puts, deletes: deletes.filter((key) => !puts.some((put) => put.key === key)), log, durable: true }
        : { log, durable: false },
    )
  }
}

async function readLog(store: Store): Promise<string> {
  const lines: string[] = []
  await store.follow(
    toFollower(({ offset, records }) => lines.push(`${offset} ${records.map(({ body }) => body.length).join()}`)),
  )
  return lines.join('\n')
}

/** @param folder is made; @param isClosed whether the last run of it ended in order */
export async function makeSample(folder: string, isClosed: boolean): Promise<Sample> {
  mkdirSync(folder, { recursive: true })
  const chance = createChance(1)
  const earlier: Map<string, Buffer>[] = []
  for (let life = 0; life < 4; life++) {
    const store = await openAt(folder, 'boot-1')
    await work(store, chance, 40)
    await store.close()
    earlier.push(new Map(FILES.map((file) => [file, readFileSync(join(folder, file))])))
  }
  const store = await openAt(folder, 'boot-1')
  await work(store, chance, 10)
  const { epoch } = store
  const log = await readLog(store)
  if (isClosed) await store.close()
  const copy = `${folder}-copy`
  cpSync(folder, copy, { recursive: true })
  if (!isClosed) await store.close()
  return { folder: copy, earlier, epoch, log }
}

/** Returns what was done. */
function damage(folder: string, { earlier }: Sample, chance: Chance): string {
  const file = chance.pick([...DATA, ...DATA, ...FILES])
  const path = join(folder, file)
  if (!existsSync(path)) return 'nothing'
  const bytes = readFileSync(path)
  const pages = Math.ceil(bytes.length / PAGE_BYTES)
  const old = earlier[chance.integer(0, earlier.length - 1)]?.get(file) ?? bytes
  switch (chance.integer(0, 5)) {
    case 0: {
      const length = chance.integer(0, bytes.length - 1)
      writeFileSync(path, bytes.subarray(0, length))
      return `${file} cut to ${length}`
    }
    case 1: {
      const [from, count] = [chance.integer(0, pages - 1) * PAGE_BYTES, 1 + chance.integer(0, 7)]
      bytes.fill(0, from, Math.min(from + count * PAGE_BYTES, bytes.length))
      writeFileSync(path, bytes)
      return `${file} zeroed from ${from}, ${count} pages`
    }
    case 2: {
      const at = chance.integer(0, bytes.length - 1)
      const count = 1 + chance.integer(0, 599)
      for (let i = at; i < Math.min(at + count, bytes.length); i++) bytes[i] = chance.integer(0, 255)
      writeFileSync(path, bytes)
      return `${file} scrambled from ${at}, ${count} bytes`
    }
    case 3:
      rmSync(path)
      return `${file} removed`
    case 4:
      writeFileSync(path, old)
      return `${file} as it was`
    default: {
      const share = 1 + chance.integer(0, 3)
      for (let page = 0; page < pages; page++) {
        if (chance.integer(0, 4) < share && page * PAGE_BYTES < old.length)
          old.copy(bytes, page * PAGE_BYTES, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
      }
      writeFileSync(path, bytes)
      return `${file} with ${share} of 5 pages as they were`
    }
  }
}

export interface Outcome {
  readonly done: string
  /** Why it was refused; undefined if it came up. */
  readonly refused: string | undefined
  readonly isNewEpoch: boolean
  readonly isSameLog: boolean
}

/** Damages a copy, opens it as the next run would, and works with what came up. A signal would end this process. */
export async function tryDamaged(folder: string, sample: Sample, seed: number): Promise<Outcome> {
  const chance = createChance(seed)
  cpSync(sample.folder, folder, { recursive: true })
  const done = damage(folder, sample, chance)
  try {
    const store = await openAt(folder, chance.integer(0, 1) === 0 ? 'boot-1' : 'boot-2')
    const log = await readLog(store)
    const isSameLog = log === sample.log
    const isNewEpoch = store.epoch !== sample.epoch
    await store.list('', { limit: 10_000 })
    await work(store, chance, 20)
    await store.close()
    return { done, refused: undefined, isNewEpoch, isSameLog }
  } catch (error) {
    return {
      done,
      refused: error instanceof Error ? error.message : String(error),
      isNewEpoch: false,
      isSameLog: false,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
