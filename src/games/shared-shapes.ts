import { shapeOf, type Shape } from './sync/shape.ts'
import type { GameType } from './types.ts'

const SHAPES = new WeakMap<GameType<unknown>, Shape<unknown>>()

/** One shape of each type for all rooms. A shape holds no values, and has code of its own, which V8 needs time to optimize. */
export function sharedShapeOf(type: GameType<unknown>): Shape<unknown> {
  let shape = SHAPES.get(type)
  if (shape === undefined) SHAPES.set(type, (shape = shapeOf(type)))
  return shape
}
