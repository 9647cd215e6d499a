import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Logs } from '../config/logs.ts'
import type { Settings } from '../config/settings.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { FOLDER, type RecordingLimits } from '../recordings/limits.ts'
import { openRecorder, type OpenedRecorder } from '../recordings/open-recorder.ts'
import type { RecorderOptions } from '../recordings/recorder.ts'
import { readVersion } from '../setup/version.ts'

interface Needs {
  readonly metrics: Metrics
  readonly clock: Clock
  readonly logs: Logs
}

/** Opens the recorder, which writes the recordings of this node into its data folder. */
export function openNodeRecorder(settings: Settings, needs: Needs): Promise<OpenedRecorder> {
  const folder = path.join(settings.DATA_DIR, FOLDER)
  return openRecorder({ folder, limits: recordingLimitsOf(settings), ...recorderOptionsOf(needs) })
}

export function recordingLimitsOf(settings: Settings): RecordingLimits {
  return {
    countMax: settings.GAME_RECORDINGS,
    bytesMax: settings.GAME_RECORDING_BYTES,
    bytesOfAllMax: settings.GAME_RECORDINGS_BYTES,
    ageMsMax: settings.GAME_RECORDINGS_TTL,
  }
}

export function recorderOptionsOf({ metrics, clock, logs }: Needs): RecorderOptions {
  return {
    server: readVersion(),
    wallMs: clock.wallMs,
    log: logs.of('placement'),
    onWritten: (bytes) => metrics.gameRecordingBytes.inc(bytes),
    onCut: () => metrics.gameRecordingsCut.inc(),
  }
}
