import type { Game } from '../games/define.ts'
import { isStandardSchema } from '../games/standard-schema.ts'
import type { GameInfo } from '../link/methods/host.ts'
import type { JsonValue } from '../protocol/events.ts'

export function gameInfoOf(game: Game): GameInfo {
  const { name, version, hz, seats, maxMs, record, options, inputs, events, rules } = game
  const { min, max, holdMs, lateJoin, spectators, guests, fill = null, standIn = null } = seats
  return {
    name,
    version,
    hz,
    seats: { min, max, holdMs, lateJoin, spectators, guests, fill, standIn },
    maxMs: maxMs ?? null,
    record,
    options: options === undefined || isStandardSchema(options) ? null : (options as JsonValue),
    inputs: [...inputs.keys()],
    events: [...events.keys()],
    bots: Object.keys(rules.bots),
    hearsPurchases: rules.bought !== undefined,
  }
}
