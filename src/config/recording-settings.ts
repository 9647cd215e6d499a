import { duration, integer, size } from './kinds.ts'
import { setting } from './setting.ts'

export const RECORDING_SETTINGS = {
  GAME_RECORDINGS: setting(
    integer(0, 100_000),
    '1000',
    'How many recordings of rooms are kept in DATA_DIR. If there are more, the oldest are deleted. With 0 nothing is recorded. Recordings contain what players have sent.',
  ),
  GAME_RECORDING_BYTES: setting(
    size('64KiB', '64MiB'),
    '16MiB',
    'The largest size of one recording. A recording that reaches it ends, and its room continues.',
  ),
  GAME_RECORDINGS_BYTES: setting(
    size('64KiB', '1024GiB'),
    '1GiB',
    'The largest size of all recordings together. If they are larger, the oldest are deleted.',
  ),
  GAME_RECORDINGS_TTL: setting(duration('1m', '3660d'), '7d', 'How long a recording is kept after its end.'),
} as const
