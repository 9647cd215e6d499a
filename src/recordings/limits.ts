/** How much is kept of recordings: see `GAME_RECORDINGS` and its neighbours in `config/settings.ts`. */
export interface RecordingLimits {
  readonly countMax: number
  /** Of one. */
  readonly bytesMax: number
  /** Of all. */
  readonly bytesOfAllMax: number
  /** From its end on. */
  readonly ageMsMax: number
}

/** Where recordings are, below DATA_DIR. */
export const FOLDER = 'recordings'
export const SUFFIX = '.recording'
