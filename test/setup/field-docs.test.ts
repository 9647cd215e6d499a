import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildClient } from '../helpers/built-client.ts'

/** Plain JavaScript, for whatever Node builds the package. */
const { documentFields } = (await import(join(import.meta.dirname, '../../src/setup/field-docs.mjs'))) as {
  readonly documentFields: (folder: string) => Promise<void>
}

t.test("an editor shows what a field of the client's types is: the schema says it", async (t) => {
  const folder = t.testdir({})
  await buildClient(folder)
  await documentFields(folder)
  const read = (name: string) => readFileSync(join(folder, `protocol/shapes/${name}.d.ts`), 'utf8')
  t.match(read('shop'), '    /** How much of that currency the player has left. */\n    readonly balance: number;')
  t.match(
    read('shop'),
    '    /** How many are left in stock; null: unlimited. */\n    readonly stock_left: number | null;',
    'of what may be null',
  )
  t.match(read('shop'), /\nexport type Receipt = \{\n/, 'a type is what it is')
  t.match(read('events'), '    /** Unix time in milliseconds */\n    readonly timestamp: number;')
  t.match(
    read('rooms'),
    '        /** How many connections the user has, on all nodes. */\n        readonly connections: number;',
    'of objects in a list',
  )
  t.match(read('payloads'), '    /** Text for people to read. */\n    readonly text: string;', 'of either object')
  t.match(read('payloads'), /\/\*\* latest: [^\n]*\n {4}readonly delivery\?: /, 'of what is referred to')
  t.match(
    read('commands'),
    '            /** A JWT with the same `sub`. */\n            readonly token: string;',
    'in a table',
  )
})
