import { defineGame, refuse, t } from '../../../src/games/index.ts'

/** What happened to a seat, as the game saw it: `join`, `drop`, `back`, `leave`. */
const LIFE = t.array(t.string(16))

/**
 * A game with 20 ticks per second. Each seat moves, and counts what its player has sent. The state records which callbacks were
 * called. Bots fill the room, and stand in for players; only bots walk, once in each tick.
 */
export const arena = defineGame({
  name: 'arena',
  version: 1,
  hz: 20,
  seats: { min: 1, max: 3, holdMs: 8_000, guests: false, fill: { afterMs: 3_000, bot: 'steady' }, standIn: 'steady' },
  state: t.object({
    seats: t.map(t.object({ x: t.uint32() })),
    /** By user: what happened to the seat. If the user comes again, the list goes on. */
    lives: t.map(LIFE),
    /** By user: how many inputs were handled. */
    added: t.map(t.uint32()),
    /** By device: the number of the last input. */
    last: t.map(t.uint32()),
    /** How many inputs came out of order, or twice. */
    disorder: t.uint32(),
    /** By seat: the last tick in which a bot has walked with it. */
    walked: t.map(t.uint32()),
    /** How many times a bot walked although the player was there, or came back in that tick. */
    beside: t.uint32(),
    ticks: t.uint32(),
    /** The user who has ended the room. */
    endedBy: t.string(64),
    /** For each seat: what its user had when it was taken, and the purchases that were heard since. */
    shop: t.map(t.object({ had: t.map(t.uint32()), heard: t.array(t.string(100)) })),
  }),
  inputs: {
    /** `n` is one higher with each input of a device. */
    add: { type: t.object({ device: t.string(32), n: t.uint32() }), perSecond: 200 },
    walk: { type: t.object({}), perSecond: 200 },
    no: { type: t.object({}) },
    say: { type: t.object({ text: t.string(64) }), perSecond: 100 },
    end: { type: t.object({}) },
  },
  refusals: { NOT_NOW: 'never' },
  listing: (state) => ({ players: Object.keys(state.seats).length }),
  create: () => ({
    seats: {},
    lives: {},
    added: {},
    last: {},
    disorder: 0,
    walked: {},
    beside: 0,
    ticks: 0,
    endedBy: '',
    shop: {},
  }),
  join(state, seat) {
    state.seats[seat.id] = { x: 0 }
    state.added[seat.id] ??= 0
    ;(state.lives[seat.id] ??= []).push('join')
    state.shop[seat.id] = { had: { ...seat.inventory }, heard: [] }
  },
  bought: (state, seat, { purchase_id }) => void state.shop[seat.id]?.heard.push(purchase_id),
  drop: (state, seat) => void state.lives[seat.id]?.push('drop'),
  back(state, seat, room) {
    state.lives[seat.id]?.push('back')
    if (state.walked[seat.id] === room.tick) state.beside++
  },
  leave(state, seat) {
    state.lives[seat.id]?.push('leave')
    delete state.seats[seat.id]
    delete state.walked[seat.id]
    delete state.shop[seat.id]
  },
  on: {
    add(state, seat, { device, n }, room) {
      if (n <= (state.last[device] ?? 0)) state.disorder++
      state.last[device] = n
      const added = (state.added[seat.id] ?? 0) + 1
      state.added[seat.id] = added
      room.reply({ added })
    },
    walk(state, seat, _input, room) {
      if (seat.bot === undefined && seat.isConnected) state.beside++
      state.walked[seat.id] = room.tick
    },
    no(state, seat) {
      state.added[seat.id] = 1_000_000
      return refuse('NOT_NOW')
    },
    say: (_state, _seat, { text }, room) => room.say('all', text),
    end: (state, seat) => void (state.endedBy = seat.id),
  },
  tick(state) {
    state.ticks++
    for (const own of Object.values(state.seats)) own.x++
  },
  over: ({ endedBy, added, disorder, shop }) =>
    endedBy !== '' && {
      result: { endedBy, added, disorder, shop },
      rewards: [{ user: endedBy, currency: 'medals', amount: 1 }],
    },
  bots: { steady: () => [['walk', {}]] },
})

/** A game that runs only when something comes in. */
export const board = defineGame({
  name: 'board',
  version: 1,
  hz: 0,
  seats: { max: 2, holdMs: 8_000 },
  state: t.object({ moves: t.uint32(), by: t.map(t.uint32()), lives: t.map(LIFE) }),
  inputs: { add: { type: t.object({ n: t.uint32() }), perSecond: 200 } },
  listing: () => ({}),
  create: () => ({ moves: 0, by: {}, lives: {} }),
  join(state, seat) {
    state.by[seat.id] ??= 0
    ;(state.lives[seat.id] ??= []).push('join')
  },
  drop: (state, seat) => void state.lives[seat.id]?.push('drop'),
  back: (state, seat) => void state.lives[seat.id]?.push('back'),
  leave: (state, seat) => void state.lives[seat.id]?.push('leave'),
  on: {
    add(state, seat, _input, room) {
      state.moves++
      state.by[seat.id] = (state.by[seat.id] ?? 0) + 1
      room.reply({ added: state.by[seat.id] ?? 0 })
    },
  },
})
