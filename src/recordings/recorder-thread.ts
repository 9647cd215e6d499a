import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import type { RecordingLimits } from './limits.ts'
import { RecordingFiles } from './recording-files.ts'
import type { Report, Unfinished } from './wire.ts'

/** What the thread is given. */
export interface RecorderThreadData {
  readonly folder: string
  readonly limits: RecordingLimits
}

/** First what is unfinished, then a report for each block. */
export type FromRecorderThread =
  | { readonly kind: 'begun'; readonly unfinished: readonly Unfinished[] }
  | { readonly kind: 'report'; readonly report: Report }

const SWEEP_MS = 60_000

assert(parentPort, 'this file is for a thread')
const port = parentPort
const tell = (message: FromRecorderThread) => port.postMessage(message)
const { folder, limits } = workerData as RecorderThreadData
const files = new RecordingFiles({ folder, limits, nowMs: systemClock.wallMs })
port.on('message', (block: Uint8Array | 'end') => {
  if (block === 'end') {
    port.close()
    clearInterval(sweeping)
  } else tell({ kind: 'report', report: files.apply(Buffer.from(block.buffer, block.byteOffset, block.byteLength)) })
})
const sweeping = setInterval(() => tell({ kind: 'report', report: files.sweep() }), SWEEP_MS)
tell({ kind: 'begun', unfinished: files.unfinished() })
