import { boolean, duration, filePath, integer, list, share, size } from './kinds.ts'
import { RECORDING_SETTINGS } from './recording-settings.ts'
import { byWorkers, computed, setting } from './setting.ts'

/** Settings of games, of the hosts that run them, and of the limits of their rooms. */
export const GAME_SETTINGS = {
  GAMES: byWorkers(
    computed(
      list(filePath),
      'the samples that come with Drumbeat',
      'Game files, or folders of them: `.ts`, `.js` or `.mjs`. The default export of each is a game, made with `drumbeat/game`.',
    ),
  ),
  GAME_WATCH: setting(
    boolean,
    'false',
    'For development: reloads a game when its file, or a file that it imports, is saved. Its rooms and players are kept.',
  ),
  GAME_CHECK: computed(
    boolean,
    'true with GAME_WATCH, else false',
    'For development: plays a room of each game twice. The log says if the game uses something that is not in its state.',
  ),
  GAME_HOSTS: computed(
    integer(0, 256),
    'half of the cores, at least 1; 0 without games, 1 with GAME_WATCH',
    'The number of hosts: the processes that run the games of rooms.',
  ),
  GAME_BUDGET: byWorkers(
    setting(
      duration('50ms', '60s'),
      '500ms',
      'How long one callback of a game may run. If a callback runs longer, its host is ended, and the rooms of the host continue in another one.',
    ),
  ),
  GAME_BOT_BUDGET: byWorkers(
    setting(
      duration('1ms', '1s'),
      '5ms',
      'How much time all bots of one room together may take in one tick. If they take more, bots are skipped in the next ticks until the excess is made up for.',
    ),
  ),
  GAME_HOST_MEMORY: byWorkers(
    setting(
      size('64MiB', '64GiB'),
      '512MiB',
      'The largest heap of a host. A host that needs more ends, and its rooms continue in another one.',
    ),
  ),
  GAME_STATE_BYTES: byWorkers(
    setting(
      size('1KiB', '16MiB'),
      '256KiB',
      'About how large the state of a room may be. A callback that makes it larger fails.',
    ),
  ),
  GAME_INVENTORY_GOODS: setting(
    integer(0, 10_000),
    '500',
    'When a player takes a seat, the game is told of at most this many kinds of goods of the player, those bought first.',
  ),
  GAME_RECENT_BYTES: byWorkers(
    setting(
      size('0', '256KiB'),
      '8KiB',
      'How many bytes of the newest entries of a room (inputs and refusals of them) are kept for the console and `GET /api/v1/rooms/:id/entries`. With 0 none are kept.',
    ),
  ),
  ...RECORDING_SETTINGS,
  ROOM_GAME_EMPTY: byWorkers(
    setting(duration('1s', '30d'), '30s', 'How long a room with a game continues without a player or a spectator.'),
  ),
  ROOM_GAME_MAX: byWorkers(
    setting(duration('1m', '30d'), '6h', 'How long a room may last if its game sets no limit of its own.'),
  ),
  GAME_ROOM_KEEP: setting(
    duration('1s', '365d'),
    '24h',
    'How long a room is kept on disk if its game is not loaded when the node starts.',
  ),
  GAME_ROOMS_MAX: setting(
    integer(1, 1_000_000),
    '10000',
    'The most rooms with games on this node. More get `OVERLOADED`.',
  ),
  GAME_ROOMS_PER_HOST_MAX: setting(integer(1, 100_000), '2000', 'The most rooms in one host.'),
  GAME_ROOMS_PER_USER: setting(
    integer(1, 1_000_000),
    '64',
    'The most rooms with games that searches of one user have created and that still exist. More get `OVERLOADED`. All guests of an address count as one user; on loopback each guest counts alone.',
  ),
  GAME_HELD_SEATS_PER_ADDRESS: setting(
    integer(0, 1_000_000),
    '64',
    'The most seats on this node that are held for guests of one address who have lost their connection. The seat of one more ends at once. On loopback each guest counts alone.',
  ),
  GAME_BALANCE_ABOVE: setting(
    share,
    '0.7',
    'If a host is busy for a larger share of its time, its most expensive rooms are moved to less busy hosts, one at a time. With 1 no room is moved.',
  ),
} as const
