import type { Json, LeafDescription, TypeDescription } from '../../../src/games/types.ts'
import { Fixed } from '../../../src/games/sync/fixed.ts'
import { WHOLE_NUMBERS } from '../../../src/games/sync/numbers.ts'

type Value = Json | undefined
type Plain = Record<string, Json>

/** Keys that have been trouble somewhere: integers, inherited names, nothing, what needs escapes. */
const KEYS = [
  'a',
  'b',
  'c',
  'alice',
  '7',
  '10',
  '2',
  '4294967295',
  '-1',
  '01',
  'constructor',
  'toString',
  '',
  'ä😀',
  '"\\\n',
  'length',
]
const TEXTS = ['', 'x', 'hello', 'ä', '😀', '\u0000', '\uFEFFx', '"', 'null', '__proto__', '\u2028']
const SCALARS = ['boolean', 'int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'float32', 'float64'] as const

/** Types, values of them, and values near to these, all of one seed. */
export class RandomTypes {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to 1 (mulberry32). */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }

  below(count: number): number {
    return Math.floor(this.random() * count)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  /** A type whose values are objects, as a state's is. */
  stateType(): TypeDescription {
    const depth = this.pick([1, 2, 2, 3])
    return this.chance(0.1) ? { kind: 'json' } : this.chance(0.3) ? this.#list('map', depth) : this.#object(depth)
  }

  type(depth: number): TypeDescription {
    const kind =
      depth <= 0
        ? 'scalar'
        : this.pick(['scalar', 'scalar', 'object', 'map', 'map', 'record', 'array', 'json'] as const)
    if (kind === 'scalar') return this.#scalar()
    if (kind === 'object') return this.#object(depth)
    return kind === 'json' ? { kind } : this.#list(kind, depth)
  }

  #scalar(): TypeDescription {
    const kind = this.pick([...SCALARS, 'fixed', 'fixed', 'string', 'oneOf', 'literal'] as const)
    if (kind === 'fixed') return this.#fixed()
    if (kind === 'string') return { kind, max: this.pick([0, 1, 16, 1000]) }
    if (kind === 'oneOf') return { kind, values: this.pick([['lobby', 'play', 'over'], [1, 2.5, '1', true], ['x']]) }
    return kind === 'literal' ? { kind, value: this.pick(['v', 7, false]) } : { kind }
  }

  #fixed(): TypeDescription {
    const [min, max, step] = this.pick([
      [0, 1024, 0.01],
      [-1, 1, 1 / 16],
      [0, 1, 0.3],
      [-5000, 5000, 0.1],
      [3, 3, 1],
      [0, 1e9, 7],
      [0.5, 99.5, 1],
      [-1e6, 1e6, 0.001],
      [-0.3, 70_000, 0.7],
    ] as const)
    return { kind: 'fixed', min, max, step }
  }

  #object(depth: number): TypeDescription {
    const fields: Record<string, TypeDescription> = {}
    const count = this.chance(0.01) ? 40 : this.below(6)
    for (let i = 0; i < count; i++) {
      const of = this.type(count > 6 ? 0 : depth - 1)
      const name = count > 6 ? `f${i}` : this.pick(KEYS)
      fields[name] = this.chance(0.3) ? { kind: 'optional', of } : of
    }
    return { kind: 'object', fields }
  }

  #list(kind: 'map' | 'record' | 'array', depth: number): TypeDescription {
    let of = this.type(depth - 1)
    if (kind !== 'array') return { kind, of }
    // Of elements that take no bytes there is no array.
    while (of.kind === 'literal' || of.kind === 'object') of = this.#scalar()
    return { kind, of }
  }

  value(type: TypeDescription): Json {
    const { kind } = type
    if (kind === 'object') {
      const object: Plain = {}
      for (const [name, field] of this.#shuffled(Object.entries(type.fields))) {
        if (field.kind !== 'optional') object[name] = this.value(field)
        else if (this.chance(0.5)) object[name] = this.value(field.of)
      }
      return object
    }
    if (kind === 'map' || kind === 'record') return this.#entries(() => this.value(type.of))
    if (kind === 'array') return Array.from({ length: this.below(4) }, () => this.value(type.of))
    if (kind === 'json') return this.#entries(() => this.#json(2))
    if (kind === 'optional') return this.value(type.of)
    return this.#leaf(type)
  }

  #entries(make: () => Json): Json {
    const object: Plain = {}
    for (let count = this.chance(0.06) ? 20 + this.below(10) : this.below(5); count > 0; count--)
      object[this.#key()] = make()
    return object
  }

  #key(): string {
    return this.chance(0.5) ? this.pick(KEYS) : `k${this.below(60)}`
  }

  #json(depth: number): Json {
    const kind = this.below(depth > 0 ? 6 : 3)
    if (kind === 0) return this.pick(TEXTS)
    if (kind === 1) return this.chance(0.5)
    if (kind === 2) return this.#double()
    if (kind === 3) return Array.from({ length: this.below(4) }, () => this.#json(depth - 1))
    const object: Plain = {}
    for (let count = this.below(5); count > 0; count--) object[this.#key()] = this.#json(depth - 1)
    return object
  }

  #double(): number {
    return this.pick([0, -0, 1, -1, 0.1, 1e300, -1e-300, 5e-324, 2 ** 53, this.random() * 1000, this.below(300)])
  }

  #leaf(type: LeafDescription): Json {
    const { kind } = type
    if (kind === 'boolean') return this.chance(0.5)
    if (kind === 'float32') return this.chance(0.9) ? (this.random() - 0.5) * 1000 : this.pick([0, -0, 1e-50, 3e38])
    if (kind === 'float64') return this.#double()
    if (kind === 'string') return this.pick(TEXTS.filter((text) => text.length <= type.max))
    if (kind === 'oneOf') return this.pick(type.values)
    if (kind === 'literal') return type.value
    if (kind === 'fixed') {
      const fixed = new Fixed(type)
      const { steps } = fixed
      const k = this.pick([0, steps, this.below(steps + 1), Math.min(steps, 500 + this.below(100))])
      return fixed.at(k) + (this.random() - 0.5) * type.step * 0.8
    }
    const { min, max } = WHOLE_NUMBERS[kind]
    return this.pick([min, max, 0, -0, Math.min(max, this.below(200)), Math.floor(min + this.random() * (max - min))])
  }

  /** Changes some of a value in place. Returns what stands there then. */
  change(type: TypeDescription, value: Json): Json {
    if (this.chance(0.08)) return this.value(type)
    const { kind } = type
    if (kind === 'object') {
      for (const [name, field] of Object.entries(type.fields)) this.#changeField(value as Plain, name, field)
      return value
    }
    if (kind === 'map' || kind === 'record') return this.#changeEntries(value, type.of)
    if (kind === 'json') return this.#changeEntries(value, undefined)
    if (kind !== 'array') return this.chance(0.5) ? this.value(type) : value
    const array = value as Json[]
    if (this.chance(0.2)) array.push(this.value(type.of))
    if (this.chance(0.2)) array.shift()
    return array.map((element) => (this.chance(0.3) ? this.change(type.of, element) : element))
  }

  #changeField(object: Plain, name: string, field: TypeDescription): void {
    if (this.chance(0.4)) return
    if (field.kind !== 'optional') object[name] = this.change(field, object[name] as Json)
    else if (!Object.hasOwn(object, name)) object[name] = this.value(field.of)
    else if (this.chance(0.3)) delete object[name]
    else if (this.chance(0.1)) (object as Record<string, Value>)[name] = undefined
    else object[name] = this.change(field.of, object[name] as Json)
  }

  #changeEntries(value: Json, of: TypeDescription | undefined): Json {
    if (typeof value !== 'object' || Array.isArray(value)) return this.#json(2)
    const make = () => (of ? this.value(of) : this.#json(2))
    const share = this.pick([0.05, 0.05, 0.5, 1])
    for (const key of Object.keys(value)) {
      if (!this.chance(share)) continue
      const entry = value[key] as Json
      const fate = this.random()
      if (fate < 0.2) delete value[key]
      // To the end.
      if (fate < 0.1) value[key] = entry
      else if (fate >= 0.2) value[key] = this.change(of ?? { kind: 'json' }, entry)
    }
    while (this.chance(0.4)) value[this.#key()] = make()
    return this.chance(0.05) ? Object.fromEntries(this.#shuffled(Object.entries(value))) : value
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, order: this.random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item)
  }
}
