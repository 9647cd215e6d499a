import { boolean, duration, filePath, integer, list, share, size } from './kinds.ts'
import { RECORDING_SETTINGS } from './recording-settings.ts'
import { byWorkers, computed, setting } from './setting.ts'

/** Games, the processes that run them, and what their rooms may take. */
export const GAME_SETTINGS = {
  GAMES: byWorkers(
    computed(
      list(filePath),
      'the samples that come with Drumbeat',
      'Files, or folders of files, whose default export is a game: `.ts`, `.js` or `.mjs`. See drumbeat/game.',
    ),
  ),
  GAME_WATCH: setting(
    boolean,
    'false',
    'For development: a game whose file, or one that it imports, is saved is loaded anew, with its rooms and players kept.',
  ),
  GAME_CHECK: computed(
    boolean,
    'true with GAME_WATCH, else false',
    'For development: a room of each game is played twice, and the log says if the game uses something that is not in its state.',
  ),
  GAME_HOSTS: computed(
    integer(0, 256),
    'half of the cores, at least 1; 0 without games, 1 with GAME_WATCH',
    'Processes that run the games of rooms.',
  ),
  GAME_BUDGET: byWorkers(
    setting(
      duration('50ms', '60s'),
      '500ms',
      'How long one callback of a game may run. The host of one that runs longer is ended, and its rooms go on in another.',
    ),
  ),
  GAME_BOT_BUDGET: byWorkers(
    setting(
      duration('1ms', '1s'),
      '5ms',
      'How long the bots of one room may think in one tick, all together. What one takes too long is missing in the ticks that follow, in which bots are left out.',
    ),
  ),
  GAME_HOST_MEMORY: byWorkers(
    setting(
      size('64MiB', '64GiB'),
      '512MiB',
      'The heap of a host. One that needs more ends by itself, and its rooms go on in another.',
    ),
  ),
  GAME_STATE_BYTES: byWorkers(
    setting(
      size('1KiB', '16MiB'),
      '256KiB',
      "How large the state of a room may be, about. A game's callback that makes it larger fails.",
    ),
  ),
  GAME_INVENTORY_GOODS: setting(
    integer(0, 10_000),
    '500',
    'So many kinds of goods of a player a game is told of when a seat is taken, those that were bought first.',
  ),
  GAME_RECENT_BYTES: byWorkers(
    setting(
      size('0', '256KiB'),
      '8KiB',
      'How much is kept of what entered a room last, its inputs and their refusals, for the console and `GET /api/v1/rooms/:id/entries`. 0: nothing.',
    ),
  ),
  ...RECORDING_SETTINGS,
  ROOM_GAME_EMPTY: byWorkers(
    setting(duration('1s', '30d'), '30s', 'How long a room with a game goes on that has no player and no spectator.'),
  ),
  ROOM_GAME_MAX: byWorkers(
    setting(duration('1m', '30d'), '6h', 'How long a room with a game may last at all, if its game does not say.'),
  ),
  GAME_ROOM_KEEP: setting(
    duration('1s', '365d'),
    '24h',
    'How long a room is kept on disk whose game is not loaded when the node starts.',
  ),
  GAME_ROOMS_MAX: setting(integer(1, 1_000_000), '10000', 'Rooms with games on this node; above it `OVERLOADED`.'),
  GAME_ROOMS_PER_HOST_MAX: setting(integer(1, 100_000), '2000', 'The same in one host.'),
  GAME_ROOMS_PER_USER: setting(
    integer(1, 1_000_000),
    '64',
    'Rooms with games that there may be at a time because searches of one user have made them; above it `OVERLOADED`. The guests of an address count as one user, on loopback each alone.',
  ),
  GAME_BALANCE_ABOVE: setting(
    share,
    '0.7',
    'A host that is busy for a larger share of its time gives its most expensive rooms to less busy hosts, one at a time. 1: never.',
  ),
} as const
