import { readFileSync } from 'node:fs'
import t from 'tap'
import { replaceTable } from '../../src/config/settings-table.ts'
import { SETTING_NAMES } from '../../src/config/settings.ts'

t.test('the table of docs/reference/settings.md is the settings (`npm run docs` writes it)', async (t) => {
  const page = readFileSync(new URL('../../docs/reference/settings.md', import.meta.url), 'utf8')
  t.equal(page, replaceTable(page))
  for (const name of SETTING_NAMES) t.match(page, `| \`${name}\` |`)
})

t.test('every package that runs has its reason in docs/design/dependencies.md', async (t) => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const { dependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const table = read('docs/design/dependencies.md')
  const named = new Set([...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) => cell.match(/[^`, ]+/g) ?? []))
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) t.ok(named.has(name), name)
})

t.test('what stands around the table stays', async (t) => {
  const before = '# A\n\n<!-- settings:begin -->\nold\n<!-- settings:end -->\n\n## B\n'
  const after = replaceTable(before)
  t.ok(after.startsWith('# A\n\n<!-- settings:begin -->\n'))
  t.ok(after.endsWith('\n<!-- settings:end -->\n\n## B\n'))
  t.notMatch(after, /^old$/m)
  t.equal(replaceTable(after), after)
})
