import { SECONDS, type MetricAbout } from '../about.ts'

export const GAMES = {
  gameRooms: {
    name: 'game_rooms',
    type: 'gauge',
    help: 'Rooms whose games run.',
    when: 'It follows the players. Up without them: rooms are made that nobody joins, or do not end.',
  },
  gameSeats: {
    name: 'game_seats',
    type: 'gauge',
    help: 'Seats in these rooms that are taken, by players and by bots.',
    when: 'Compare it with `game_rooms`: few seats a room is a search that does not find them.',
  },
  gameTicks: {
    name: 'game_ticks_total',
    type: 'counter',
    help: 'Ticks of all rooms.',
    when: 'Its rate is the sum of the tick rates of all rooms. Less: see `game_late_ticks_total`.',
  },
  gameLateTicks: {
    name: 'game_late_ticks_total',
    type: 'counter',
    help: 'Ticks that ran a whole tick too late or more.',
    when: 'A host has too much to do, or a callback takes too long: see `game_tick_seconds`. More GAME_HOSTS help if there are cores.',
  },
  gameTickSeconds: {
    name: 'game_tick_seconds',
    type: 'histogram',
    help: 'How long one tick of one room took, of 1 tick in 16.',
    labels: ['process'],
    buckets: SECONDS,
    when: 'Times the ticks a second it is the share of a core that games take.',
  },
  gameTickLatenessSeconds: {
    name: 'game_tick_lateness_seconds',
    type: 'histogram',
    help: 'How long after it was due a tick ran, of 1 tick in 16. Up to 0.005 is how rooms share a wake-up.',
    labels: ['process'],
    buckets: SECONDS,
    when: 'Its p99 over the length of a tick: players notice. See `game_late_ticks_total`.',
  },
  gameFailures: {
    name: 'game_failures_total',
    type: 'counter',
    help: 'Callbacks of games that threw, or left a state that is none.',
    labels: ['game'],
    when: 'A mistake in the game: the log says where. Ten in a row of one callback end the room.',
  },
  gameSkippedBots: {
    name: 'game_skipped_bots_total',
    type: 'counter',
    help: 'How many times a bot was left out of a tick, as the bots of its room had used up GAME_BOT_BUDGET.',
    labels: ['game'],
    when: 'A kind of bot takes too long: the log names it once. Others of its room play less often than they might.',
  },
  gameOtherHashes: {
    name: 'game_other_hashes_total',
    type: 'counter',
    help: 'Rooms that went on in another host and came to another state than they had had.',
    when: 'It must stay 0: a game uses something that is no part of its state, and the log says which.',
  },
  gameSentBytes: {
    name: 'game_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of journals and patches that hosts have sent to the primary.',
    when: 'It follows what moves in the rooms, not the number of players.',
  },
} as const satisfies Readonly<Record<string, MetricAbout>>
