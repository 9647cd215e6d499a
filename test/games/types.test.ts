import t from 'tap'
import { parseType, t as types } from '../../src/games/types.ts'

t.test('a type is its description', async (t) => {
  const type = types.object({
    ships: types.map(types.object({ x: types.fixed(0, 1024, 1 / 16), name: types.optional(types.string(16)) }), 200),
  })
  const json = {
    kind: 'object',
    fields: {
      ships: {
        kind: 'map',
        max: 200,
        of: {
          kind: 'object',
          fields: {
            x: { kind: 'fixed', min: 0, max: 1024, step: 1 / 16 },
            name: { kind: 'optional', of: { kind: 'string', max: 16 } },
          },
        },
      },
    },
  }
  t.strictSame(type, json)
  t.strictSame(parseType(JSON.parse(JSON.stringify(type))), json)
})

t.test('a builder refuses what contradicts itself, and says what it is', async (t) => {
  const optional = () => types.optional(types.int8())
  for (const [build, message] of [
    [() => types.fixed(2, 1, 1), /fixed: min \(2\) is over max \(1\)/],
    [() => types.fixed(0, 1, 0), /step \(0\) must be over 0/],
    [() => types.fixed(0, 1, -1), /step \(-1\) must be over 0/],
    [() => types.fixed(0, 2 ** 32, 1), /4294967296 steps, over 2\^32 - 1/],
    [() => types.fixed(0, Infinity, 1), /finite numbers/],
    [() => types.fixed(1e15, 1e15 + 1, 1 / 16), /no multiples of 0.0625/],
    [() => types.string(-1), /string: max must be a whole number/],
    [() => types.string(1.5), /string: max must be a whole number/],
    [() => types.oneOf(), /oneOf: needs at least one value/],
    [() => types.oneOf('a', 'b', 'a'), /oneOf: has the same value twice/],
    [() => types.oneOf(Number.NaN), /oneOf: a value must be/],
    [() => types.literal(-0), /literal: the value must be/],
    [() => types.literal('\ud800'), /literal: the value must be/],
    [() => types.array(optional()), /only a field of an object can be optional/],
    [() => types.map(optional()), /only a field of an object can be optional/],
    [() => types.optional(optional()), /only a field of an object can be optional/],
    [() => types.array(types.literal(1)), /all elements would be the same/],
    [() => types.array(types.object({ a: types.object({}) })), /all elements would be the same/],
    [() => types.map(types.int8(), -1), /map: max must be/],
    [() => types.object({ ['__proto__']: types.int8() }), /no field can be named __proto__/],
    [() => types.object({ __proto__: types.int8() }), /plain object \(is there a field named __proto__\?\)/],
    [() => types.object({ '\udc00': types.int8() }), /half of a surrogate pair/],
  ] as const) {
    t.throws(build, Object.assign(new TypeError(), { message }), String(build))
  }
})

t.test('what is no type is refused', async (t) => {
  let deep: unknown = { kind: 'int8' }
  for (let i = 0; i < 70; i++) deep = { kind: 'array', of: deep }
  for (const [json, message] of [
    [undefined, /a type is an object with a kind/],
    [null, /a type is an object with a kind/],
    [[], /a type is an object with a kind/],
    [{ kind: 7 }, /a type is an object with a kind/],
    [{ kind: 'int7' }, /no kind of type "int7"/],
    [{ kind: 'toString' }, /no kind of type "toString"/],
    [{ kind: 'int8', max: 3 }, /int8: has no member "max"/],
    [{ kind: 'optional', of: { kind: 'int8' } }, /only a field/],
    [{ kind: 'object', fields: [] }, /fields must be a plain object/],
    [{ kind: 'object', fields: { x: { kind: 'array' } } }, /a type is an object with a kind/],
    [JSON.parse('{"kind":"object","fields":{"__proto__":{"kind":"int8"}}}'), /named __proto__/],
    [deep, /nested more than 64 deep/],
  ] as const) {
    t.throws(() => parseType(json), Object.assign(new TypeError(), { message }), JSON.stringify(json))
  }
})
