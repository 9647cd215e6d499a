import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SETTINGS, SETTING_NAMES } from './settings.ts'
import type { Setting } from './setting.ts'

const BEGIN = '<!-- settings:begin -->'
const END = '<!-- settings:end -->'

const LEGEND =
  'A duration is written as in `250ms`, `5s`, `10m`, `24h` or `7d`. A size is written as in `16KiB` or `64MB`, or as a number ' +
  'of bytes. A list has commas between its entries; `none` is an empty list. In a file a list may also be a list of YAML or ' +
  'TOML. A change takes effect after a `reload`, or only after a `start` of the node.'

const IN_FORCE_AFTER = { workers: 'reload', node: 'start' } as const

function renderTable(): string {
  const rows = SETTING_NAMES.map((name) => row(name, SETTINGS[name]))
  return [
    LEGEND,
    '',
    '| name | kind | default | values | in force after | what it is |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function row(name: string, { kind, fallback, note, text, takenBy }: Setting<unknown, boolean>): string {
  const standard = fallback === undefined ? (note ?? '') : `\`${fallback}\``
  return `| ${[`\`${name}\``, kind.name, standard, kind.bounds, IN_FORCE_AFTER[takenBy], text].join(' | ')} |`
}

/** Returns the text with a new table between the two marks. If there are no marks, the table is appended with them. */
export function replaceTable(markdown: string): string {
  const [begin, end] = [markdown.indexOf(BEGIN), markdown.indexOf(END)]
  const block = `${BEGIN}\n${renderTable()}\n${END}`
  if (begin === -1 || end < begin) return `${markdown.trimEnd()}\n\n${block}\n`
  return markdown.slice(0, begin) + block + markdown.slice(end + END.length)
}

if (import.meta.main) {
  const page = path.resolve(import.meta.dirname, '../../docs/reference/settings.md')
  writeFileSync(page, replaceTable(readFileSync(page, 'utf8')))
}
