import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { findPeer } from '../peers/index.ts'
import { Connection } from './connection.ts'
import { openConnections, type CrowdAnswer, type CrowdRequest, type CrowdTarget } from './crowd.ts'
import { takeSnapshot } from './snapshot.ts'

const target = workerData as CrowdTarget
const dialect = findPeer(target.peer)
const connections: Connection[] = []
const rest = new Int32Array(new SharedArrayBuffer(4))

/** Of this thread only, as Linux has it: the thread that sends and takes latencies goes before. */
const NICENESS = 10
setPriority(NICENESS)

/** Blocks the thread, then lets its event loop read every socket that has something, once. */
function pace(): void {
  if (target.readEveryMs === 0) return
  Atomics.wait(rest, 0, 0, target.readEveryMs)
  setImmediate(pace)
}

async function serve(request: CrowdRequest): Promise<CrowdAnswer> {
  try {
    if (request === 'pace') pace()
    else if (request !== 'snapshot') {
      await openConnections(connections, request.connect, () => new Connection({ url: target.url, dialect }))
    }
    return { snapshot: takeSnapshot(connections) }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (request: CrowdRequest) => {
  void serve(request).then((answer) => parentPort?.postMessage(answer, []))
})
