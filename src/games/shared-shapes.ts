import { shapeOf, type Shape } from './sync/shape.ts'
import type { GameType } from './types.ts'

const SHAPES = new WeakMap<GameType<unknown>, Shape<unknown>>()

/** The one shape of a type for all rooms: shapes keep nothing of the values, and each has code of its own that V8 has to make fast. */
export function sharedShapeOf(type: GameType<unknown>): Shape<unknown> {
  let shape = SHAPES.get(type)
  if (shape === undefined) SHAPES.set(type, (shape = shapeOf(type)))
  return shape
}
