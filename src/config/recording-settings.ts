import { duration, integer, size } from './kinds.ts'
import { setting } from './setting.ts'

/** What is kept of recordings of rooms, and how much: rows of `SETTINGS`. */
export const RECORDING_SETTINGS = {
  GAME_RECORDINGS: setting(
    integer(0, 100_000),
    '1000',
    'How many recordings of rooms are kept, in DATA_DIR; the oldest give way. 0: nothing is recorded. They hold what players have sent.',
  ),
  GAME_RECORDING_BYTES: setting(
    size('64KiB', '64MiB'),
    '16MiB',
    'How large one recording may be. One that gets larger ends there, and its room goes on.',
  ),
  GAME_RECORDINGS_BYTES: setting(
    size('64KiB', '1024GiB'),
    '1GiB',
    'How large all of them together; the oldest give way.',
  ),
  GAME_RECORDINGS_TTL: setting(duration('1m', '3660d'), '7d', 'How long a recording is kept from its end on.'),
} as const
