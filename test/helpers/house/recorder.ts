import { RecordingFiles } from '../../../src/recordings/recording-files.ts'
import { Recorder, type RecorderOptions } from '../../../src/recordings/recorder.ts'
import type { RecordingLimits } from '../../../src/recordings/limits.ts'
import { systemClock } from '../../../src/base/clock.ts'

/** Writes into the folder on this thread, a turn later. */
export function createRecorder(options: RecorderOptions, folder: string, limits: RecordingLimits): Recorder {
  const files = new RecordingFiles({ folder, limits, nowMs: systemClock.wallMs, readFree: () => Infinity })
  const send = (block: Uint8Array) => setImmediate(() => recorder.heard(files.apply(Buffer.from(block.buffer))))
  const recorder: Recorder = new Recorder(options, { send }, files.unfinished())
  return recorder
}
