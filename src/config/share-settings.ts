import { boolean, duration, integer, size } from './kinds.ts'
import { byWorkers, computed, setting } from './setting.ts'

/**
 * What one user may take of what all share. Those of bytes follow RATE_BYTES, so who allows a connection more allows its user
 * more. The parts of RATE_BYTES stand in defaults.ts.
 */
export const SHARE_SETTINGS = {
  RATE_MESSAGES_PER_USER: byWorkers(
    computed(
      integer(1, 4_000_000),
      '16 x RATE_MESSAGES (4800)',
      "Per second over all connections of a user to a node, with a burst of 4 s' worth. The guests of an address count as one user, here and in the settings below; on loopback each counts alone unless this is set.",
    ),
  ),
  RATE_BYTES_PER_USER: byWorkers(
    computed(
      size('1KiB', '64GiB'),
      '8 x RATE_BYTES (4MiB)',
      'The same for bytes: what the user sends, the replies, and what is said in a room once for each connection that gets it.',
    ),
  ),
  RATE_LOG_BYTES_PER_USER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES / 4 (128KiB)',
      'The same for events that enter the log: what one user may push out of the history. While the history is shorter than HISTORY_FLOOR it is less, down to an eighth.',
    ),
  ),
  BROADCAST_BYTES_PER_USER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES * 3/16 (96KiB)',
      'The same for events to a whole namespace: every connection has to read them.',
    ),
  ),
  BROADCAST_BYTES: computed(
    size('32', '8GiB'),
    'RATE_BYTES / 4 (128KiB)',
    'The same for all senders of a namespace together, on each node. Those by REST count, but are not refused.',
  ),
  MESSAGE_BYTES_PER_SENDER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES / 8 (64KiB)',
      'The same for messages of one user to one other, by `send_message`.',
    ),
  ),
  MESSAGE_BYTES: computed(
    size('32', '8GiB'),
    'RATE_BYTES * 3/16 (96KiB)',
    'The same for messages of all users to one, on each node; above it `OVERLOADED`. Those by REST count, but are not refused.',
  ),
  RATE_JOINS_PER_USER: byWorkers(
    computed(
      integer(1, 1_000_000),
      'RATE_MESSAGES / 5 (60)',
      'Rooms that a user may join per second, as above, by `join`, by `find` and as the rooms of a resume: others are told of each, and in `private` each may be a new one.',
    ),
  ),
  RETAINED_BYTES_PER_USER: computed(
    size('4KiB', '64GiB'),
    'RETAINED_BYTES / 16 (4MiB)',
    "What the states that one user has retained may take, with 256 bytes for each; above it `OVERLOADED`. By each node's count.",
  ),
  RETAINED_STATES_PER_USER: setting(integer(1, 1_000_000), '1000', 'How many they may be.'),
  GUESTS_MESSAGE_PLAYERS: byWorkers(
    setting(boolean, 'false', 'Whether guests may send messages to players; `FORBIDDEN` if not.'),
  ),
  HISTORY_FLOOR: setting(
    duration('0s', '30d'),
    '1m',
    'How far the history should reach back at least. While it does not, because HISTORY_BYTES are too few for what is said, those who say the most are refused first.',
  ),
} as const
