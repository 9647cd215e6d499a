import { defineGame, refuse, t } from '../../../src/games/index.ts'

/** Twenty ticks a second, with all that may enter a room: chance, timers, tasks, bots, purchases, seats that come and go. */
export const saga = defineGame({
  name: 'saga',
  version: 1,
  hz: 20,
  record: true,
  seats: { min: 1, max: 4, holdMs: 2_000, guests: true, fill: { afterMs: 1_000, bot: 'wild', to: 3 }, standIn: 'wild' },
  options: t.object({ gold: t.uint8() }),
  state: t.object({
    ticks: t.uint32(),
    gold: t.uint32(),
    dice: t.array(t.uint8(), 20),
    at: t.map(t.object({ x: t.fixed(0, 1_000, 1 / 100), steps: t.uint32(), owns: t.map(t.uint32()) })),
    past: t.array(t.string(32), 200),
    lore: t.map(t.string(32)),
  }),
  inputs: {
    go: { type: t.object({ by: t.fixed(0, 10, 1 / 100) }), perSecond: 1_000 },
    roll: { type: t.object({}), perSecond: 1_000 },
    ask: { type: t.object({ what: t.string(16) }), perSecond: 1_000 },
    break: { type: t.object({}), perSecond: 1_000 },
    win: { type: t.object({}) },
  },
  refusals: { TOO_FAR: 'not that far' },
  create: ({ gold }, room) => {
    room.after(7, 'rain', { drops: 2 })
    return { ticks: 0, gold, dice: [], at: {}, past: [], lore: {} }
  },
  join(state, seat, room) {
    state.at[seat.id] = { x: room.random() * 100, steps: 0, owns: { ...seat.inventory } }
    state.past.push(`join ${seat.id}`)
  },
  drop: (state, seat) => void state.past.push(`drop ${seat.id}`),
  back: (state, seat) => void state.past.push(`back ${seat.id}`),
  leave(state, seat) {
    delete state.at[seat.id]
    state.past.push(`leave ${seat.id}`)
  },
  bought(state, seat) {
    const own = state.at[seat.id]
    if (own) own.owns = { ...seat.inventory }
  },
  on: {
    go(state, seat, { by }, room) {
      const own = state.at[seat.id]
      if (!own || own.x + by > 900) return refuse('TOO_FAR')
      own.x += by
      own.steps++
      return room.reply(own.steps)
    },
    roll(state, _seat, _input, room) {
      state.dice = [...state.dice, Math.floor(room.random() * 6)].slice(-20)
      room.afterMs(500, 'fade')
    },
    ask: (_state, _seat, { what }, room) => void room.run('look', { what }),
    break: () => {
      throw new Error('broken')
    },
    win: (state, seat, _input, room) => room.end({ winner: seat.id, gold: state.gold }),
  },
  timers: {
    rain(state, args, room) {
      const drops = Number(args['drops'])
      state.gold += drops
      room.after(11, 'rain', { drops: (drops % 5) + 1 })
    },
    fade: (state) => void state.dice.shift(),
  },
  tasks: { look: ({ what }) => `seen ${JSON.stringify(what)}` },
  results: {
    look: (state, result) => void (state.lore[`n${result.run}`] = result.ok ? JSON.stringify(result.value) : 'lost'),
  },
  tick: (state) => void state.ticks++,
  bots: {
    wild(view, seat, room) {
      if (!view.at[seat.id]) return []
      const dice = room.random()
      if (dice < 0.3) return [['go', { by: Math.floor(room.random() * 300) / 100 }]]
      if (dice < 0.35) return [['roll', {}]]
      return dice < 0.37 ? [['ask', { what: `b${room.tick}` }]] : []
    },
  },
})
