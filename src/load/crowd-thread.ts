import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Connection } from './connection.ts'
import type { CrowdAnswer, CrowdRequest, CrowdTarget } from './crowd-messages.ts'
import { loadDialect } from './dialect.ts'
import { openConnections } from './open-connections.ts'
import { takeSnapshot } from './snapshot.ts'

const target = workerData as CrowdTarget
const loading = loadDialect(target.dialect)
const connections: Connection[] = []
const rest = new Int32Array(new SharedArrayBuffer(4))

/** Linux applies this to this thread alone. The thread that sends and measures latency has precedence. */
const NICENESS = 10
setPriority(NICENESS)

/** Blocks the thread. Then its event loop reads once from every socket that has bytes. */
function pace(): void {
  if (target.readEveryMs === 0) return
  Atomics.wait(rest, 0, 0, target.readEveryMs)
  setImmediate(pace)
}

async function serve(request: CrowdRequest): Promise<CrowdAnswer> {
  try {
    if (request === 'pace') pace()
    else if (request !== 'snapshot') {
      const { url, rooms } = target
      const dialect = await loading
      await openConnections(connections, request.connect, (index) => {
        return new Connection({ url, dialect, index, ...(rooms === 0 ? {} : { room: index % rooms }) })
      })
    }
    return { snapshot: takeSnapshot(connections) }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

let last = Promise.resolve()
parentPort?.on('message', (request: CrowdRequest) => {
  last = last.then(async () => parentPort?.postMessage(await serve(request), []))
})
