import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { checkSources, checkTests } from './layers/check.ts'
import { findCircles } from './layers/circles.ts'
import { checkLogTexts } from './layers/log-texts.ts'
import { LINES_MAX, MAY_IMPORT, PURE_FOLDERS, SUPPRESSIONS_MAX } from './layers/rules.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

function readSources(...patterns: string[]): Map<string, string> {
  const entries = globSync(patterns, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(ROOT, file).replaceAll(path.sep, '/'), readFileSync(file, 'utf8')]
    }),
  )
}

/** What the check says of one file that does not exist. */
function planted(file: string, text: string): string[] {
  return checkSources(new Map([[file, text]]))
}

t.test('the sources keep the rules of layers, homes and banned texts', async (t) => {
  const sources = readSources('src/**/*.*')
  t.ok(sources.size > 50, 'the sources were found')
  for (const violation of checkSources(sources)) t.fail(violation)
})

t.test('no file is imported by what it imports', async (t) => {
  const sources = readSources('{src,test,bench}/**/*.{ts,mts,js,mjs}')
  t.ok(sources.size > 500, 'the sources were found')
  for (const circle of findCircles(sources)) t.fail(circle)
})

t.test('a circle of imports is caught, however long it is and however it is written', async (t) => {
  const circle = (...files: [file: string, text: string][]) => findCircles(new Map(files))
  t.strictSame(
    circle(
      ['src/hub/a.ts', `import { b } from './b.ts'`],
      ['src/hub/b.ts', `import type { C } from '../store/c.ts'`],
      ['src/store/c.ts', `export { x } from './x.ts'\nimport '../hub/a.ts'`],
      ['src/store/x.ts', `import { y } from './y.ts'`],
      ['src/store/y.ts', ''],
    ),
    ['imports go in a circle: src/hub/a.ts -> src/hub/b.ts -> src/store/c.ts -> src/hub/a.ts'],
  )
  for (const line of [
    `import type { A } from './a.ts'`,
    `export * from './a.ts'`,
    `const a = await import('./a.ts')`,
    `const thread = new Worker(new URL('./a.ts', import.meta.url))`,
  ]) {
    const wrong = 'imports go in a circle: src/hub/a.ts -> src/hub/b.ts -> src/hub/a.ts'
    t.strictSame(circle(['src/hub/a.ts', `import { b } from './b.ts'`], ['src/hub/b.ts', line]), [wrong], line)
    t.strictSame(circle(['src/hub/a.ts', `import { b } from './b.ts'`], ['src/hub/b.ts', `// ${line}`]), [])
  }
  t.match(circle(['src/hub/a.ts', `import { a } from './a.ts'`]), [/src\/hub\/a\.ts -> src\/hub\/a\.ts/], 'itself')
})

t.test('two circles are two lines, and files that share an import are no circle', async (t) => {
  const of = (...names: string[]) => names.map((name) => `import './${name}.ts'`).join('\n')
  const sources = { a: of('b'), b: of('a', 'e'), c: of('d'), d: of('c', 'e'), e: '', f: of('a', 'c', 'e') }
  const files = new Map(Object.entries(sources).map(([name, text]) => [`src/hub/${name}.ts`, text]))
  t.strictSame(findCircles(files), [
    'imports go in a circle: src/hub/a.ts -> src/hub/b.ts -> src/hub/a.ts',
    'imports go in a circle: src/hub/c.ts -> src/hub/d.ts -> src/hub/c.ts',
  ])
})

t.test('no arrow of the table goes back to where it came from', async (t) => {
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (MAY_IMPORT[from] ?? []).some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      return reaches(next, to, seen.add(next))
    })
  for (const layer of Object.keys(MAY_IMPORT)) {
    t.notOk(reaches(layer, layer, new Set()), layer)
    for (const target of MAY_IMPORT[layer] ?? []) t.ok(Object.hasOwn(MAY_IMPORT, target), `${layer} -> ${target}`)
  }
})

t.test('a wrong import is caught, however it is written', async (t) => {
  const wrong = 'src/hub/planted.ts: hub must not import session'
  for (const line of [
    `import { x } from '../session/session.ts'`,
    `import type { X } from "../session/session.ts"`,
    `import '../session/session.ts'`,
    `export * from '../session/session.ts'`,
    `import {\n  x,\n} from '../session/session.ts'`,
    `const x = await import('../session/session.ts')`,
    `const worker = new URL('../session/session.ts', import.meta.url)`,
    `const x = import.meta.resolve('../session/session.ts')`,
    `const pattern = /'/\nimport { x } from '../session/session.ts'`,
    `const address = 'http://x'; import { x } from '../session/session.ts'`,
  ]) {
    t.strictSame(planted('src/hub/planted.ts', line), [wrong], line)
  }
  t.strictSame(planted('src/hub/planted.ts', `import { x } from '../store/store.ts'`), [])
  t.strictSame(planted('src/hub/planted.ts', `// import { x } from '../session/session.ts'`), [])
})

t.test('lower layers do not know higher ones, and the client knows the protocol only', async (t) => {
  const pairs: readonly (readonly [string, string])[] = [
    ['base', 'protocol'],
    ['protocol', 'base'],
    ['domain', 'base'],
    ['store', 'hub'],
    ['session', 'commands'],
    ['session', 'transport'],
    ['commands', 'ledger'],
    ['worker', 'hub'],
    ['client', 'base'],
    ['http', 'transport'],
  ]
  for (const [from, to] of pairs) {
    t.strictSame(planted(`src/${from}/a.ts`, `import '../${to}/b.ts'`), [
      `src/${from}/a.ts: ${from} must not import ${to}`,
    ])
  }
  t.strictSame(planted('src/domain/a.ts', `import '../worker.ts'`), [
    'src/domain/a.ts: domain must not import worker.ts',
  ])
  t.strictSame(planted('src/base/a.ts', `import '../../test/b.ts'`), ['src/base/a.ts: imports test/b.ts, outside src'])
  t.strictSame(planted('src/news/a.ts', ''), ['src/news/a.ts: news has no place in the table of layers'])
})

t.test('an adapter is named only where things are wired', async (t) => {
  const line = `import { openLmdbStore } from './store/lmdb/lmdb-store.ts'`
  t.strictSame(planted('src/primary.ts', line), [])
  t.match(planted('src/hub/hub.ts', line.replace('./', '../')), [/names the adapter src\/store\/lmdb/])
  t.match(planted('src/store/store.ts', `import './lmdb/lmdb-store.ts'`), [/names the adapter/])
  t.strictSame(planted('src/store/lmdb/a.ts', `import './b.ts'\nimport '../store.ts'`), [])
})

t.test('a foreign package is imported at its home only, and one without a home nowhere', async (t) => {
  t.strictSame(planted('src/transport/uws/uws.ts', `import * as uws from 'uWebSockets.js'`), [])
  t.match(planted('src/transport/uws/uws-server.ts', `import 'uWebSockets.js'`), [
    /whose home is src\/transport\/uws\/uws\.ts/,
  ])
  t.match(planted('src/http/a.ts', `import { parse } from 'yaml'`), [/imports yaml, whose home is src\/config\//])
  t.match(planted('src/http/a.ts', `import x from 'lodash/fp'`), [/imports lodash, which has no home/])
  t.match(planted('src/http/a.ts', `import x from '@a/b/c'`), [/imports @a\/b, which has no home/])
})

t.test('banned texts are caught in code, and not in comments', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['src/hub/a.ts', 'const x = process.env.HOME', 'process.env'],
    ['src/hub/a.ts', `import { env } from 'node:process'`, 'process.env'],
    ['src/hub/a.ts', 'const now = Date.now()', 'a clock of its own'],
    ['src/hub/a.ts', 'const now = performance.now', 'a clock of its own'],
    ['src/hub/a.ts', 'const now = new Date()', 'a clock of its own'],
    ['src/hub/a.ts', 'const x = Math.random()', 'Math.random'],
    ['src/hub/a.ts', 'const x = y as any', 'any'],
    ['src/hub/a.ts', 'function f(x: any) {}', 'any'],
    ['src/hub/a.ts', `throw 'no'`, 'a string thrown'],
    ['src/hub/a.ts', 'try { f() } catch (error) {\n}', 'an empty catch'],
    ['src/start-traces.ts', `import { x } from './tracing/tracer.ts'`, 'tracing loaded before it is wanted'],
    ['src/start-traces.ts', `import {\n  x,\n} from './tracing/tracer.ts'`, 'tracing loaded before it is wanted'],
    ['src/base/log.ts', `import { x } from 'pino-pretty'`, 'pino-pretty loaded before it is wanted'],
    ['src/client/a.ts', `import fs from 'node:fs'`, 'a node: module'],
    ['src/client/a.ts', 'Buffer.from(x)', 'Buffer'],
    ...PURE_FOLDERS.flatMap((folder): [string, string, string][] => [
      [`src/${folder}/a.ts`, `import fs from 'node:fs'`, 'a node: module'],
      [`src/${folder}/a.ts`, 'const x = await y', 'waiting'],
      [`src/${folder}/a.ts`, 'Buffer.from(x)', 'Buffer'],
    ]),
  ]
  for (const [file, text, name] of cases) {
    t.strictSame(planted(file, text), [`${file}: holds ${name}`], text)
    if (!text.includes('\n')) t.strictSame(planted(file, `/** ${text} */\n// ${text}\n`), [], `${text}, in a comment`)
  }
  t.strictSame(planted('src/start-traces.ts', `const { x } = await import('./tracing/tracer.ts')`), [])
  t.strictSame(planted('src/base/clock.ts', 'export const now = () => Date.now()'), [])
  t.strictSame(planted('src/config/environment.ts', 'export const x = process.env'), [])
})

t.test('no test sleeps, and none judges how long something took or what memory a process has', async (t) => {
  const tests = readSources('test/**/*.{test,long}.ts')
  tests.delete('test/layers.test.ts') // it holds what is planted below
  t.ok(tests.size > 100, 'the tests were found')
  for (const violation of checkTests(tests)) t.fail(violation)

  const inTest = (text: string) => checkTests(new Map([['test/hub/a.test.ts', text]]))
  for (const text of [
    'await new Promise((resolve) => setTimeout(resolve, 20))',
    `import { setTimeout as sleep } from 'node:timers/promises'`,
  ]) {
    t.strictSame(inTest(text), ['test/hub/a.test.ts: holds a sleep'], text)
  }
  for (const text of [
    't.ok(performance.now() - startedMs < 2_000)',
    't.ok(tookMs < MS_MAX)',
    't.ok(((await connection?.closed) ?? Infinity) < 3000)',
  ]) {
    t.strictSame(inTest(text), ['test/hub/a.test.ts: holds a bound on how long something took'], text)
  }
  t.strictSame(inTest('process.memoryUsage().heapTotal'), ['test/hub/a.test.ts: holds a bound on memory'])
  t.strictSame(inTest('t.ok(await until(() => closed.length === 3))'), [])
  t.strictSame(checkTests(new Map([['test/house/a.test.ts', 't.ok(time.nowMs - closedMs < 2_000)']])), [])
})

t.test('lines of the log have constant texts, by which they are limited', async (t) => {
  const sources = readSources('src/**/*.ts')
  for (const violation of checkLogTexts(sources)) t.fail(violation)

  const found = (line: string) => checkLogTexts(new Map([['src/hub/a.ts', line]])).length
  for (const line of [
    'log.warn({ room }, `${room} is full`)',
    "this.#options.log.error({ err: toError(error, 'x') }, message)",
    'logs.of("hub"); log.info(text)',
    "log.info(\n  { a: [1, 2] },\n  'a' + b,\n)",
  ]) {
    t.equal(found(line), 1, line)
  }
  for (const line of ["log.warn({ room, b: f(1, ')') }, 'it, is full')", "log.info('stopped')", '// log.info(text)']) {
    t.equal(found(line), 0, line)
  }
})

t.test('files that grow over the limit, suppressions and code in the console are caught', async (t) => {
  t.strictSame(planted('src/hub/a.ts', 'x\n'.repeat(LINES_MAX)), [])
  t.match(planted('src/hub/a.ts', 'x\n'.repeat(LINES_MAX + 1)), [/401 lines, over 400/])
  t.match(planted('src/hub/a.ts', '// @ts-expect-error\n'.repeat(SUPPRESSIONS_MAX + 1)), [/suppressed checks/])
  t.match(planted('src/console/a.js', ''), [/sources in TypeScript only/])
  t.strictSame(planted('src/console/a.ts', `import '../client/index.ts'`), [])
  t.match(planted('src/console/a.ts', `import '../hub/hub.ts'`), [/console must not import hub/])
})
