import type { TypeDescription } from '../types.ts'
import type { Shape } from './shape.ts'
import { MapTree, type Tree } from './tree.ts'

type Freeze = (tree: Tree) => unknown

const FREEZES = new WeakMap<TypeDescription, Freeze>()

/**
 * Returns the value of a tree, like `thaw`, but frozen at any depth, so that several callers can share it. Takes half the time of
 * `thaw`.
 */
export function frozenOf<T>({ type }: Shape<T>, tree: Tree): unknown {
  let freeze = FREEZES.get(type)
  if (freeze === undefined) FREEZES.set(type, (freeze = freezeFor(type)))
  return freeze(tree)
}

function freezeFor(type: TypeDescription): Freeze {
  const { kind } = type
  if (kind === 'object') return objectFreeze(type.fields)
  if (kind === 'map' || kind === 'record') return mapFreeze(freezeFor(type.of))
  if (kind === 'array') return arrayFreeze(freezeFor(type.of))
  if (kind === 'optional') return freezeFor(type.of)
  return kind === 'json' ? freezeJson : (tree) => tree
}

function objectFreeze(types: Readonly<Record<string, TypeDescription>>): Freeze {
  const fields = Object.entries(types).map(([name, type]) => ({ name, freeze: freezeFor(type) }))
  return (tree) => {
    const trees = tree as readonly (Tree | undefined)[]
    const value: Record<string, unknown> = {}
    fields.forEach(({ name, freeze }, i) => {
      const field = trees[i]
      if (field !== undefined) value[name] = freeze(field)
    })
    return Object.freeze(value)
  }
}

function arrayFreeze(of: Freeze): Freeze {
  return (tree) => Object.freeze((tree as readonly Tree[]).map((element) => of(element)))
}

function mapFreeze(of: Freeze): Freeze {
  return (tree) => {
    const { keys, values } = tree as MapTree
    const value: Record<string, unknown> = {}
    keys.list.forEach((key, i) => {
      const entry = values[i]
      if (entry !== undefined) value[key] = of(entry)
    })
    return Object.freeze(value)
  }
}

const freezeJson: Freeze = (tree) => {
  if (typeof tree !== 'object') return tree
  return tree instanceof MapTree ? freezeJsonMap(tree) : freezeJsonArray(tree)
}
const freezeJsonMap = mapFreeze(freezeJson)
const freezeJsonArray = arrayFreeze(freezeJson)
