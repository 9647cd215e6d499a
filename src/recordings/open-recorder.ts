import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { besideUrl } from '../base/beside.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'
import type { FromRecorderThread, RecorderThreadData } from './recorder-thread.ts'

export interface OpenRecorderOptions extends RecorderOptions, RecorderThreadData {}

export interface OpenedRecorder {
  readonly recorder: Recorder
  /** Resolves when all that was added is in files. */
  readonly close: () => Promise<void>
}

const THREAD_HEAP_MIB = 128

/** A recorder whose files are written by a thread. If the thread fails nothing is recorded any more, and nothing else happens. */
export async function openRecorder({ folder, limits, ...options }: OpenRecorderOptions): Promise<OpenedRecorder> {
  if (limits.countMax === 0) return { recorder: new Recorder(options), close: () => Promise.resolve() }
  const workerData: RecorderThreadData = { folder, limits }
  const thread = new Worker(besideUrl('./recorder-thread', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
  })
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  const [begun] = (await once(thread, 'message')) as [FromRecorderThread]
  const unfinished = begun.kind === 'begun' ? begun.unfinished : []
  const send = (block: Uint8Array) => thread.postMessage(block, [block.buffer as ArrayBuffer])
  const recorder = new Recorder(options, { send }, unfinished)
  thread.on('message', (message: FromRecorderThread) => {
    if (message.kind === 'report') recorder.heard(message.report)
  })
  const fail = (why: string) => {
    options.log.error(
      { why },
      'the thread that writes recordings has ended: nothing is recorded until the node is started anew',
    )
    recorder.failed(why)
  }
  thread.on('error', (error) => fail(error.message))
  thread.unref()
  return {
    recorder,
    close: async () => {
      recorder.flush()
      thread.ref()
      thread.postMessage('end')
      await ended
    },
  }
}
