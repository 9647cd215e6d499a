import { SECONDS, type MetricAbout } from '../about.ts'

export const GAMES = {
  gameRooms: {
    name: 'game_rooms',
    type: 'gauge',
    help: 'Rooms whose games are running.',
    when: 'It follows the number of players. If it grows without them, rooms are made that nobody joins, or rooms do not end.',
  },
  gameSeats: {
    name: 'game_seats',
    type: 'gauge',
    help: 'Taken seats in these rooms, by players and bots.',
    when: 'Compare it with `game_rooms`. If there are few seats per room, searches do not find the rooms.',
  },
  gameTicks: {
    name: 'game_ticks_total',
    type: 'counter',
    help: 'Ticks of all rooms.',
    when: 'Its rate is the sum of the tick rates of all rooms. If it is less, see `game_late_ticks_total`.',
  },
  gameLateTicks: {
    name: 'game_late_ticks_total',
    type: 'counter',
    help: 'Ticks that were late by a whole tick or more.',
    when:
      'A host has too much to do, or a callback takes too long: see `game_tick_seconds`. More GAME_HOSTS help if there ' +
      'are free cores.',
  },
  gameTickSeconds: {
    name: 'game_tick_seconds',
    type: 'histogram',
    help: 'Duration of one tick of one room, measured for 1 tick in 16.',
    labels: ['process'],
    buckets: SECONDS,
    when: 'Multiplied by the ticks per second, it is the share of a core that games take.',
  },
  gameTickLatenessSeconds: {
    name: 'game_tick_lateness_seconds',
    type: 'histogram',
    help: 'How late a tick ran, measured for 1 tick in 16. Up to 0.005 is normal, because rooms share wake-ups.',
    labels: ['process'],
    buckets: SECONDS,
    when: 'Players notice if its p99 is longer than a tick. See `game_late_ticks_total`.',
  },
  gameFailures: {
    name: 'game_failures_total',
    type: 'counter',
    help: 'Callbacks of games that threw, or left an invalid state.',
    labels: ['game'],
    when: 'A mistake in the game: the log says where. If one callback fails ten times in a row, the room ends.',
  },
  gameSkippedBots: {
    name: 'game_skipped_bots_total',
    type: 'counter',
    help: 'How many times a bot was left out of a tick because the bots of its room had used up GAME_BOT_BUDGET.',
    labels: ['game'],
    when: 'A kind of bot takes too long: the log names it once. Other bots of its room play less often because of it.',
  },
  gameOtherHashes: {
    name: 'game_other_hashes_total',
    type: 'counter',
    help: 'Rooms that continued in another host and came to a different state there.',
    when: 'It must stay 0. Otherwise a game uses something that is not part of its state, and the log says which game.',
  },
  gameSentBytes: {
    name: 'game_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of journals and patches that hosts have sent to the primary.',
    when: 'It follows how much changes in the rooms, not the number of players.',
  },
} as const satisfies Readonly<Record<string, MetricAbout>>
