/** The built client uses no built-in that is newer than what it is said to run on: `BASELINE` is all that it may use. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildClient } from '../helpers/built-client.ts'
import { BASELINE, OWN_NAMES } from './baseline.ts'

const SKIPPED = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g
const IMPORT = /\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g
/** `name` where it stands alone, and what is read of a value. */
const ALONE = /(?<![\w$#.])[A-Za-z_$][\w$]*/g
const READ = /(?<=[^.]\.|\?\.)[A-Za-z_$][\w$]*/g

/** Every name that a built-in of this Node has: of a global, and of what globals and their instances have. */
function builtInNames(): ReadonlySet<string> {
  const names = new Set<string>()
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // Its properties depend on how a test is run, and no browser has them.
    if (name === 'process') continue
    names.add(name)
    const value: unknown = Reflect.get(globalThis, name)
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) continue
    for (const own of namesOf(value)) names.add(own)
  }
  // Of what has no global name: iterators, async iterators, generators.
  for (const made of [[].values(), new Map().values(), (async function* () {})(), (function* () {})()]) {
    for (const own of namesOf(made)) names.add(own)
  }
  return names
}

function namesOf(value: object): readonly string[] {
  const { prototype } = value as { prototype?: unknown }
  const chain = [value, prototype, Object.getPrototypeOf(value)]
  return chain.flatMap((one) =>
    (typeof one === 'object' || typeof one === 'function') && one !== null ? Object.getOwnPropertyNames(one) : [],
  )
}

/** The text of each file that runs in a page: the compiler also writes those of which only types are used. */
function readClient(folder: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const left = ['client/index.js']
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (texts.has(file)) continue
    const text = readFileSync(join(folder, file), 'utf8')
    texts.set(file, text)
    for (const [, specifier = ''] of text.matchAll(IMPORT)) left.push(join(dirname(file), specifier))
  }
  return texts
}

t.test('each built-in that the built client names is in the baseline, and no schema is in it', async (t) => {
  const folder = t.testdir({})
  await buildClient(folder)
  const builtIns = builtInNames()
  const files = readClient(folder)
  t.strictSame(
    [...files.keys()].filter((file) => file.includes('/shapes/')),
    [],
    'of shapes a page needs the types only',
  )
  const code = [...files.values()].join('\n').replaceAll(SKIPPED, ' ')
  const globals = (code.match(ALONE) ?? []).filter((name) => name in globalThis)
  const read = (code.match(READ) ?? []).filter((name) => builtIns.has(name))
  const used = new Set([...globals, ...read])
  const unknown = [...used].filter((name) => !BASELINE.has(name) && !OWN_NAMES.has(name))
  t.strictSame(unknown.sort(), [], 'names of built-ins that are not in test/client/baseline.ts')
  const unused = [...BASELINE, ...OWN_NAMES].filter((name) => !used.has(name))
  t.strictSame(unused.sort(), [], 'names in the baseline that nothing uses')
})

t.test('what is too new is known as a built-in, so it would be noticed', async (t) => {
  const builtIns = builtInNames()
  for (const name of [
    'withResolvers',
    'toReversed',
    'toSorted',
    'toWellFormed',
    'isWellFormed',
    'fromAsync',
    'structuredClone',
    'any',
  ]) {
    t.ok(builtIns.has(name), name)
    t.notOk(BASELINE.has(name), name)
  }
})
