import type { TypeDescription } from '../types.ts'
import { ARRAY_SEED, BOOLEAN_SEED, finish, hashEntry, hashNumber, hashObject, hashText, mix } from './hash.ts'
import type { Shape } from './shape.ts'
import { MapTree, type Tree } from './tree.ts'

type Hash = (tree: Tree) => number

const HASHES = new WeakMap<TypeDescription, Hash>()

/** The hash of the value of a tree: 32 bits, unsigned, equal to `hashValue` of what `thaw` returns. */
export function hashOf<T>({ type }: Shape<T>, tree: Tree): number {
  let hash = HASHES.get(type)
  if (hash === undefined) HASHES.set(type, (hash = hashFor(type)))
  return finish(hash(tree)) >>> 0
}

function hashFor(type: TypeDescription): Hash {
  const { kind } = type
  if (kind === 'object') return objectHash(type.fields)
  if (kind === 'map' || kind === 'record') return mapHash(hashFor(type.of))
  if (kind === 'array') return arrayHash(hashFor(type.of))
  if (kind === 'optional') return hashFor(type.of)
  return kind === 'json' ? hashJson : hashLeaf
}

function hashLeaf(tree: Tree): number {
  if (typeof tree === 'number') return hashNumber(tree)
  return typeof tree === 'string' ? hashText(tree) : mix(BOOLEAN_SEED, tree === true ? 1 : 0)
}

const arrayHash =
  (of: Hash): Hash =>
  (tree) => {
    const elements = tree as readonly Tree[]
    return elements.reduce<number>((hash, element) => mix(hash, of(element)), mix(ARRAY_SEED, elements.length))
  }

function mapHash(of: Hash): Hash {
  return (tree) => {
    const { keys, values } = tree as MapTree
    let sum = 0
    for (let i = 0; i < values.length; i++) sum = (sum + hashEntry(keys.hashes[i] ?? 0, of(values[i] as Tree))) | 0
    return hashObject(values.length, sum)
  }
}

function objectHash(fields: Readonly<Record<string, TypeDescription>>): Hash {
  const names = Object.keys(fields).map((name) => hashText(name))
  const hashes = Object.values(fields).map((field) => hashFor(field))
  return (tree) => {
    const trees = tree as readonly (Tree | undefined)[]
    let count = 0
    let sum = 0
    for (const [i, hash] of hashes.entries()) {
      const field = trees[i]
      if (field === undefined) continue
      count++
      sum = (sum + hashEntry(names[i] ?? 0, hash(field))) | 0
    }
    return hashObject(count, sum)
  }
}

const hashJson: Hash = (tree) => {
  if (typeof tree !== 'object') return hashLeaf(tree)
  return tree instanceof MapTree ? hashJsonMap(tree) : hashJsonArray(tree)
}
const hashJsonMap = mapHash(hashJson)
const hashJsonArray = arrayHash(hashJson)
