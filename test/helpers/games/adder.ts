import { defineGame, t as type, type Game } from '../../../src/games/index.ts'
import { Mirror } from '../house/mirror.ts'
import type { PlainClient } from '../house/plain-client.ts'

export interface AdderState {
  sum: number
  ticks: number
}

export interface Replies {
  reply(value: number): void
}

/** A game that counts its ticks and what is added. @param more fields that replace its own or are added */
export function adder(more: Readonly<Record<string, unknown>> = {}): Game {
  return defineGame({
    name: 'adder',
    version: 1,
    hz: 20,
    seats: { max: 4, holdMs: 5_000 },
    state: type.object({ sum: type.uint32(), ticks: type.uint32() }),
    inputs: { add: { type: type.object({ by: type.uint8() }), perSecond: 1_000 } },
    create: () => ({ sum: 0, ticks: 0 }),
    on: {
      add: (state: AdderState, _seat: unknown, { by }: { by: number }, room: Replies) => room.reply((state.sum += by)),
    },
    tick: (state: AdderState) => void state.ticks++,
    ...more,
  } as never)
}

/** `add` counts double. */
export const DOUBLE = {
  on: {
    add: (state: AdderState, _seat: unknown, { by }: { by: number }, room: Replies) =>
      room.reply((state.sum += 2 * by)),
  },
}

/** Whether each tick has run exactly once, and each patch did fit. */
export function isWhole(client: PlainClient, room: string): boolean {
  const { state, tick, misfits } = Mirror.of(client.frames, room)
  return misfits === 0 && (state as AdderState).ticks === tick
}
