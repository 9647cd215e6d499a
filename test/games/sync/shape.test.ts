import t from 'tap'
import { compileAll } from './fuzz.ts'
import { checkValue, shapeOf, TypeFault } from '../../../src/games/sync/shape.ts'
import { t as types, type TypeDescription } from '../../../src/games/types.ts'

const ARENA = types.object({
  phase: types.oneOf('lobby', 'play'),
  ships: types.map(
    types.object({ x: types.fixed(0, 1024, 1 / 100), hp: types.uint8(), tag: types.optional(types.string(4)) }),
    3,
  ),
  path: types.array(types.float32(), 3),
})
const arena = () => ({ phase: 'lobby' as const, ships: { alice: { x: 1, hp: 3 }, bob: { x: 2, hp: 4 } }, path: [1, 2] })

/** The fault of a value, as `path: reason`; undefined if there is none. */
function faultOf(type: TypeDescription, value: unknown): string | undefined {
  const texts = [() => checkValue(type, value), () => shapeOf<unknown>(type).freeze(undefined, value)].map((run) => {
    try {
      run()
      return undefined
    } catch (error) {
      if (!(error instanceof TypeFault)) throw error
      return error.message
    }
  })
  if (texts[0] !== texts[1]) throw new Error(`checkValue: ${texts[0]}; freeze: ${texts[1]}`)
  return texts[0]
}

class Vector {
  x = 1
}

t.test('each kind takes its values, snapped, and refuses others', async (t) => {
  const { boolean, int8, uint8, int16, uint16, int32, uint32, float32, float64, fixed, string, oneOf, literal } = types
  const cases: [TypeDescription, [unknown, unknown][], unknown[]][] = [
    [boolean(), [[true, true]], [1, 'true', null, undefined]],
    [
      int8(),
      [
        [-128, -128],
        [127, 127],
        [-0, 0],
      ],
      [-129, 128, 1.5, Number.NaN, '1', 1n, null],
    ],
    [uint8(), [[255, 255]], [-1, 256, Infinity]],
    [int16(), [[-32_768, -32_768]], [32_768]],
    [uint16(), [[65_535, 65_535]], [65_536, -1]],
    [int32(), [[-(2 ** 31), -(2 ** 31)]], [2 ** 31]],
    [uint32(), [[2 ** 32 - 1, 2 ** 32 - 1]], [2 ** 32, -1]],
    [
      float32(),
      [
        [0.1, Math.fround(0.1)],
        [-1e-60, 0],
        [3.5, 3.5],
      ],
      [1e300, Number.NaN, -Infinity, '1'],
    ],
    [
      float64(),
      [
        [0.1, 0.1],
        [-0, 0],
        [5e-324, 5e-324],
      ],
      [Number.NaN, Infinity, undefined],
    ],
    [
      fixed(0, 1024, 1 / 100),
      [
        [0.074, 0.07],
        [1024.004, 1024],
        [-0.001, 0],
      ],
      [1024.01, -0.006, Number.NaN, '3'],
    ],
    [
      fixed(-1, 1, 0.3),
      [
        [-1, -1],
        [0.9, -1 + 6 * 0.3],
      ],
      [1.2],
    ],
    [
      fixed(3, 10, 7),
      [
        [6, 3],
        [7, 10],
      ],
      [14, -1],
    ],
    [
      string(3),
      [
        ['äöü', 'äöü'],
        ['', ''],
      ],
      ['four', 7, '\ud800', '\udc00a'],
    ],
    [
      oneOf('a', 1, true),
      [
        ['a', 'a'],
        [1, 1],
        [true, true],
      ],
      ['b', '1', false, null],
    ],
    [literal('v'), [['v', 'v']], ['w', undefined]],
  ]
  for (const [type, good, bad] of cases) {
    const name = JSON.stringify(type)
    for (const [value, snapped] of good) {
      t.ok(Object.is(checkValue(type, value), snapped), `${name}: ${String(value)} is ${String(snapped)}`)
      const live = { v: value }
      shapeOf<object>(types.object({ v: type })).freeze(undefined, live)
      t.ok(Object.is(live.v, snapped), 'in place')
    }
    for (const value of bad) t.match(faultOf(type, value), /must be|half/, `${name}: ${String(value)}`)
  }
})

t.test('a fault has its path and says what it met', async (t) => {
  const without = (change: (value: ReturnType<typeof arena> & Record<string, unknown>) => void) => {
    const value = arena()
    change(value)
    return faultOf(ARENA, value)
  }
  const ships = (value: { ships: unknown }) => value.ships as Record<string, Record<string, unknown>>
  const alice = (value: { ships: unknown }) => ships(value)['alice'] ?? {}
  t.equal(
    without((value) => Object.assign(alice(value), { x: 2000 })),
    'ships.alice.x: must be a number from 0 to 1024 (in steps of 0.01), but is 2000',
  )
  t.equal(
    without((value) => delete alice(value)['hp']),
    'ships.alice.hp: is missing',
  )
  t.equal(
    without((value) => Object.assign(alice(value), { hp: undefined })),
    'ships.alice.hp: is missing',
  )
  t.equal(
    without((value) => Object.assign(alice(value), { speed: 1 })),
    'ships.alice.speed: is not declared',
  )
  t.equal(
    without((value) => Object.assign(alice(value), { tag: null })),
    'ships.alice.tag: must be text, but is null',
  )
  t.equal(
    without((value) => Object.assign(value, { ships: new Map() })),
    'ships: must be a plain object, but is an instance of Map',
  )
  t.equal(
    without((value) => Object.assign(ships(value), { eve: new Vector() })),
    'ships.eve: must be a plain object, but is an instance of Vector',
  )
  t.equal(
    without((value) => Object.assign(ships(value), { eve: undefined })),
    'ships.eve: must be a plain object, but is undefined',
  )
  t.equal(
    without((value) => Object.assign(ships(value), { c: alice(value), d: alice(value) })),
    'ships: has 4 entries, over 3',
  )
  t.equal(
    without((value) => Object.assign(ships(value), { '\ud800': alice(value) })),
    'ships.\ud800: is a key that holds half of a surrogate pair',
  )
  t.equal(
    without((value) => value.path.push(Number.NaN)),
    'path.2: must be a finite number, but is NaN',
  )
  t.equal(
    without((value) => value.path.push(3, 4)),
    'path: has 4 elements, over 3',
  )
  t.equal(
    without((value) => (value.path.length = 3)),
    'path.2: must be a finite number, but is undefined',
  )
  t.equal(
    without((value) => Object.assign(value.path, { last: 3 })),
    'path.last: is not an element',
  )
  t.equal(
    without((value) => Object.assign(value, { [Symbol('s')]: 1 })),
    'has a key that is a symbol',
  )
  t.equal(
    without((value) => Object.defineProperty(alice(value), 'hp', { get: () => 3, enumerable: true })),
    'ships.alice.hp: is an accessor',
  )
  t.equal(
    without((value) => Object.defineProperty(alice(value), 'z', { value: 3 })),
    'ships.alice: has a key that is not enumerable',
  )
  t.equal(
    without((value) => Object.defineProperty(ships(value), '__proto__', { value: alice(value), enumerable: true })),
    'ships.__proto__: is a forbidden key',
  )
})

t.test('JSON is any value without null, to a depth', async (t) => {
  const cycle: unknown[] = []
  cycle.push([cycle])
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) })
  const json = types.json()
  for (const value of [1, 'x', true, [], {}, [{ a: [1, { b: 'c' }] }]]) t.strictSame(checkValue(json, value), value)
  t.strictSame(checkValue(json, { a: [-0] }), { a: [0] })
  t.strictSame(checkValue(json, deep(64)), deep(64))
  const nested = { kind: 'object', fields: { j: json } } as const
  for (const [value, message] of [
    [{ a: [1, null] }, 'j.a.1: must be a JSON value other than null, but is null'],
    [{ a: undefined }, 'j.a: must be a JSON value other than null, but is undefined'],
    [[Infinity], 'j.0: must be a JSON value other than null, but is Infinity'],
    [{ a: { b: () => 1 } }, 'j.a.b: must be a JSON value other than null, but is a function'],
    [[10n], 'j.0: must be a JSON value other than null, but is a bigint'],
    [new Date(0), 'j: must be a JSON value other than null, but is an instance of Date'],
    [['\ud800'], 'j.0: holds half of a surrogate pair'],
    [JSON.parse('{"__proto__":1}'), 'j.__proto__: is a forbidden key'],
  ] as const) {
    t.equal(faultOf(nested, { j: value }), message)
  }
  t.match(faultOf(nested, { j: cycle }), /nested more than 64 deep \(is it a cycle\?\)/)
  t.match(faultOf(nested, { j: deep(65) }), /nested more than 64 deep/)
})

t.test('a state without a type is an object', async (t) => {
  const shape = shapeOf<unknown>(types.json())
  for (const value of [1, 'x', [], null, undefined])
    t.throws(() => shape.freeze(undefined, value), /must be an object, but is/)
  t.strictSame(shape.thaw(shape.freeze(undefined, { a: [1] })), { a: [1] })
})

t.test('a tree shares with the one before what did not change', async (t) => {
  const shape = shapeOf<unknown>(ARENA)
  const live = arena()
  const first = shape.freeze(undefined, live) as readonly { readonly values: readonly unknown[] }[]
  t.equal(shape.freeze(first as never, live), first, 'nothing changed')
  live.ships.bob.x = 7.001
  const second = shape.freeze(first as never, live) as typeof first
  t.equal(live.ships.bob.x, 7, 'snapped in place')
  t.not(second, first)
  t.equal(second[1]?.values[0], first[1]?.values[0], 'alice')
  t.not(second[1]?.values[1], first[1]?.values[1], 'bob')
  t.equal(second[2], first[2], 'path')
  live.ships.bob.x = 7.004
  t.equal(shape.freeze(second as never, live), second, 'a change below the step is none')
  live.path = [1, 2]
  t.equal(shape.freeze(second as never, live), second, 'an equal array is the same')
  t.strictSame(shape.thaw(first as never), arena(), 'the first is as it was')
})

t.test('a live value is compared with its tree to the order of keys', async (t) => {
  const shape = shapeOf<unknown>(ARENA)
  const tree = shape.freeze(undefined, arena())
  const changes: [string, (value: ReturnType<typeof arena>) => unknown][] = [
    ['a number', (value) => (value.ships.alice.x = 1.001)],
    ['a field more', (value) => Object.assign(value.ships.alice, { tag: 'x' })],
    ['a field that is undefined', (value) => Object.assign(value.ships.alice, { tag: undefined })],
    ['a key less', (value) => Reflect.deleteProperty(value.ships, 'bob')],
    ['another order', (value) => (value.ships = { bob: value.ships.bob, alice: value.ships.alice })],
    ['an element more', (value) => value.path.push(3)],
    ['a property of an array', (value) => Object.assign(value.path, { x: 1 })],
    ['a symbol', (value) => Object.assign(value, { [Symbol('x')]: 1 })],
    ['a class', (value) => Object.setPrototypeOf(value.ships, Vector.prototype)],
    ['-0', (value) => (value.path[0] = -0)],
  ]
  t.ok(shape.isSame(tree, arena()))
  t.notOk(shape.isSame(tree, undefined))
  for (const [name, change] of changes) {
    const live = arena()
    change(live)
    t.notOk(shape.isSame(tree, live), name)
  }
})

t.test('thaw keeps the order of a map, and a removed optional field leaves nothing', async (t) => {
  const shape = shapeOf<unknown>(ARENA)
  const live = arena()
  const ships: Record<string, unknown> = live.ships
  ships['7'] = { x: 0, hp: 0, tag: 'x' }
  const before = shape.freeze(undefined, live)
  t.strictSame(Object.keys((shape.thaw(before) as typeof live).ships), ['7', 'alice', 'bob'])
  delete ships['alice']
  ships['7'] = { x: 0, hp: 0, tag: undefined }
  ships['alice'] = { x: 1, hp: 3 }
  const after = shape.freeze(before, live)
  t.strictSame(Object.keys((shape.thaw(after) as typeof live).ships), ['7', 'bob', 'alice'])
  t.strictSame(Object.keys(ships['7'] as object), ['x', 'hp'], 'deleted in place')
})

t.test('a map of 100,000 keys is kept, and one more is refused', async (t) => {
  const type = types.object({ all: types.map(types.uint8()) })
  const shape = shapeOf<unknown>(type)
  const all = Object.fromEntries(Array.from({ length: 100_000 }, (_key, i) => [`k${i}`, i & 255]))
  const tree = shape.freeze(undefined, { all })
  t.equal(shape.freeze(tree, shape.thaw(tree)), tree)
  all['more'] = 1
  t.throws(() => shape.freeze(tree, { all }), /all: has 100001 entries, over 100000/)
})

t.test('checkValue leaves what it was given as it is', async (t) => {
  const type = types.object({
    x: types.fixed(0, 1, 1 / 10),
    o: types.optional(types.int8()),
    a: types.array(types.float32()),
  })
  const value = { x: 0.123, o: undefined, a: [0.1] }
  t.strictSame(checkValue(type, value), { x: 0.1, a: [Math.fround(0.1)] })
  t.strictSame(value, { x: 0.123, o: undefined, a: [0.1] })
})

t.test('a changed value is refused with its path, on every way', async (t) => {
  const many = () => Object.fromEntries(Array.from({ length: 20 }, (_ship, i) => [`s${i}`, { x: i, hp: 3 }]))
  const type = types.object({ ships: types.map(types.object({ x: types.fixed(0, 1024, 1 / 100), hp: types.uint8() })) })
  const changes: [string, (ship: Record<string, unknown>) => void][] = [
    ['x: must be a number from 0 to 1024 (in steps of 0.01), but is -3', (ship) => (ship['x'] = -3)],
    ['x: is missing', (ship) => delete ship['x']],
    ['speed: is not declared', (ship) => (ship['speed'] = 1)],
    ['hp: is missing', (ship) => (ship['hp'] = undefined)],
  ]
  for (const way of ['in general', 'compiled']) {
    if (way === 'compiled') compileAll()
    const shape = shapeOf<{ ships: Record<string, Record<string, unknown>> }>(type)
    const tree = shape.freeze(undefined, { ships: many() })
    for (const [reason, change] of changes) {
      for (const live of [{ ships: many() as Record<string, Record<string, unknown>> }, shape.thaw(tree)]) {
        change(live.ships['s7'] ?? {})
        t.throws(
          () => shape.freeze(tree, live),
          new TypeFault(reason.replace(/^\w+: /, ''))
            .under(reason.split(':')[0] ?? '')
            .under('s7')
            .under('ships'),
          `${way}: ${reason}`,
        )
      }
    }
    const thawed = shape.thaw(tree)
    Object.setPrototypeOf(thawed.ships['s3'], Vector.prototype)
    t.throws(() => shape.freeze(tree, thawed), /ships\.s3: must be a plain object, but is an instance of Vector/, way)
    const other = shape.thaw(tree)
    other.ships['s3'] = { hp: 3, x: -0 }
    const after = shape.freeze(tree, other)
    t.ok(Object.is(other.ships['s3']['x'], 0), `${way}: -0 is 0`)
    t.equal(shape.freeze(after, shape.thaw(after)), after)
  }
})

t.test('a large map that was thawed is seen to change its keys, at every place', async (t) => {
  const shape = shapeOf<Record<string, { n: number }>>(types.map(types.object({ n: types.uint8() })))
  const tree = shape.freeze(
    undefined,
    Object.fromEntries(Array.from({ length: 20 }, (_entry, i) => [`k${i}`, { n: i }])),
  )
  for (const key of ['k0', 'k7', 'k19']) {
    const changes: ((live: Record<string, { n: number }>) => void)[] = [
      (live) => delete live[key],
      (live) => void (delete live[key], (live['new'] = { n: 1 })),
      (live) => void (delete live[key], (live[key] = { n: 1 })),
      (live) => (live['3'] = { n: 1 }),
      (live) => Object.assign(live[key] ?? {}, { n: 200 }),
    ]
    for (const change of changes) {
      const live = shape.thaw(tree)
      change(live)
      const expected = JSON.stringify(live)
      t.equal(JSON.stringify(shape.thaw(shape.freeze(tree, live))), expected, `${key}: ${expected}`)
    }
  }
})
