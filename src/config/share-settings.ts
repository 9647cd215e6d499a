import { boolean, duration, integer, size } from './kinds.ts'
import { byWorkers, computed, setting } from './setting.ts'

/**
 * Limits of what one user may take of what all users share. Most limits in bytes are a part of RATE_BYTES by default (the parts
 * are in defaults.ts), so if you allow a connection more, its user is allowed more, too.
 */
export const SHARE_SETTINGS = {
  RATE_MESSAGES_PER_USER: byWorkers(
    computed(
      integer(1, 4_000_000),
      '16 x RATE_MESSAGES (4800)',
      "Messages that a user may send per second over all its connections to a node, with a burst of 4 s' worth. Here and in the settings below, all guests of an address count as one user; on loopback each guest counts alone unless you set this.",
    ),
  ),
  RATE_BYTES_PER_USER: byWorkers(
    computed(
      size('1KiB', '64GiB'),
      '8 x RATE_BYTES (4MiB)',
      'The same for bytes. What the user sends and the replies count once; an event to a room counts once for each connection that gets it.',
    ),
  ),
  RATE_LOG_BYTES_PER_USER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES / 4 (128KiB)',
      'The same for bytes of events that enter the log, because each pushes older events out of the history. While the history reaches back less than HISTORY_FLOOR, the limit is lower, down to an eighth.',
    ),
  ),
  BROADCAST_BYTES_PER_USER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES * 3/16 (96KiB)',
      'The same for bytes of events to a whole namespace, because every connection has to read them.',
    ),
  ),
  BROADCAST_BYTES: computed(
    size('32', '8GiB'),
    'RATE_BYTES / 4 (128KiB)',
    'The same for all senders of a namespace together, on each node. Events sent by REST count, but are not refused.',
  ),
  MESSAGE_BYTES_PER_SENDER: byWorkers(
    computed(
      size('32', '8GiB'),
      'RATE_BYTES / 8 (64KiB)',
      'The same for bytes of messages from one user to one other user (`send_message`).',
    ),
  ),
  MESSAGE_BYTES: computed(
    size('32', '8GiB'),
    'RATE_BYTES * 3/16 (96KiB)',
    'The same for messages from all users to one user, on each node. More get `OVERLOADED`. Messages sent by REST count, but are not refused.',
  ),
  RATE_JOINS_PER_USER: byWorkers(
    computed(
      integer(1, 1_000_000),
      'RATE_MESSAGES / 5 (60)',
      'Rooms that a user may join per second, counted as above. `join`, `find` and each room of a resume count, because others are told of each join, and in `private` each may create a room.',
    ),
  ),
  RETAINED_BYTES_PER_USER: computed(
    size('4KiB', '64GiB'),
    'RETAINED_BYTES / 16 (4MiB)',
    'How much the states that one user has retained may take, with 256 bytes added for each. Each node counts them itself. More get `OVERLOADED`.',
  ),
  RETAINED_STATES_PER_USER: setting(integer(1, 1_000_000), '1000', 'How many states one user may have retained.'),
  GUESTS_MESSAGE_PLAYERS: byWorkers(
    setting(boolean, 'false', 'Whether guests may send messages to players. If not, they get `FORBIDDEN`.'),
  ),
  HISTORY_FLOOR: setting(
    duration('0s', '30d'),
    '1m',
    'How far the history should reach back at least. While it reaches back less, because HISTORY_BYTES is too small for the traffic, the users who send the most are refused first.',
  ),
} as const
