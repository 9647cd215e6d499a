/**
 * What TypeScript makes of the types of games: tsc checks this file, and nothing runs it. Each `@ts-expect-error` is a line that has to be
 * a mistake.
 */
import type { ValueOf } from '../../src/games/types.ts'
import { checkValue, shapeOf } from '../../src/games/sync/shape.ts'
import { t, type Json } from '../../src/games/types.ts'

/** To and from: each takes the other, and neither is any. */
type Same<A, B> = [A, B] extends [B, A] ? ([keyof A, keyof B] extends [keyof B, keyof A] ? true : false) : false
const same = <A, B>(_isSo: Same<A, B>): void => {}

const state = t.object({
  phase: t.oneOf('lobby', 'play', 3),
  ships: t.map(t.object({ x: t.fixed(0, 1024, 1 / 16), hp: t.uint8(), name: t.optional(t.string(16)) })),
  scores: t.record(t.float64()),
  board: t.array(t.array(t.boolean())),
  version: t.literal(2),
  extra: t.json(),
  typed: t.json<{ readonly deep: number }>(),
})

export function aValueHasTheTypeOfItsBuilder(): void {
  same<
    ValueOf<typeof state>,
    {
      phase: 'lobby' | 'play' | 3
      ships: { [key: string]: { x: number; hp: number; name?: string | undefined } }
      scores: { [key: string]: number }
      board: boolean[][]
      version: 2
      extra: Json
      typed: { readonly deep: number }
    }
  >(true)
  // @ts-expect-error it is a number
  same<ValueOf<ReturnType<typeof t.int8>>, string>(true)
}

export function aShapeAndACheckHaveTheTypeOfTheirs(): void {
  const live = shapeOf(state).thaw([])
  live.phase = 'play'
  live.ships['alice'] = { x: 1, hp: 3 }
  delete live.ships['alice']?.name
  // @ts-expect-error none of the values
  live.phase = 'over'
  // @ts-expect-error hp is missing
  live.ships['bob'] = { x: 1 }
  const { dx } = checkValue(t.object({ dx: t.int8() }), JSON.parse('{}'))
  same<typeof dx, number>(true)
}

export function anOptionalTypeIsForFields(): void {
  // @ts-expect-error no description
  t.object({ x: 3 })
  // @ts-expect-error no constants
  t.oneOf({})
  // @ts-expect-error null is no constant
  t.literal(null)
}
