import t from 'tap'
import { findRepeatedKey } from '../../src/protocol/repeated-key.ts'

t.test('a key that an object holds twice is found, with its path', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    '{"amount":1,"amount":500}': 'amount',
    '{"amount":1,"a\\u006dount":500}': 'amount',
    ' { "a" : { "b" : 1 , "b" : 2 } } ': 'a.b',
    '{"list":[{"x":1},[0,{"y":1,"y":1}]]}': 'list[1][1].y',
    '[{"a":1,"b":{"c":1},"a":2}]': '[0].a',
    '{"":1,"":2}': '',
    '{"a\\"b":1,"c":"}","a\\"b":2}': 'a"b',
    '{"__proto__":1,"__proto__":2}': '__proto__',
  }
  for (const [json, path] of Object.entries(cases)) t.equal(findRepeatedKey(json), path, json)
})

t.test('the same key in different objects, or as text, is none', async (t) => {
  const fine = [
    '{}',
    '[]',
    '1',
    '"a"',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":["a","a","b"],"c":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"\\\\","b":"\\\\\\"","c":1}',
    '{"a":1,"A":2,"á":3,"a\\u0301":4}',
  ]
  for (const json of fine) t.equal(findRepeatedKey(json), undefined, json)
})
