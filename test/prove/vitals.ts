/**
 * Loaded into a server's processes (`node --import`): on SIGUSR2 each writes what only it can know into `FOLDER/PID.json`, where
 * the folder is the URL's query. A heap is measured after it was collected, as one does not see a leak in garbage.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

export interface Vitals {
  readonly heapBytes: number
  /** What keeps the event loop alive: timers, sockets, … by kind. */
  readonly resources: Readonly<Record<string, number>>
}

/** What has a finalizer takes more than one. */
const COLLECTIONS = 3
const PAUSE_MS = 50

/** For NODE_OPTIONS of a server. */
export function vitalsOptions(folder: string): string {
  return `--import=${import.meta.url}?${encodeURIComponent(folder)}`
}

async function write(folder: string, collectGarbage: () => void): Promise<void> {
  for (let i = 0; i < COLLECTIONS; i++) {
    collectGarbage()
    await sleep(PAUSE_MS)
  }
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  const vitals: Vitals = { heapBytes: process.memoryUsage().heapUsed, resources }
  const file = `${folder}/${process.pid}.json`
  writeFileSync(`${file}.new`, JSON.stringify(vitals))
  renameSync(`${file}.new`, file)
}

const query = new URL(import.meta.url).search
if (query !== '' && isMainThread) {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => void write(decodeURIComponent(query.slice(1)), collectGarbage))
}
