/** Writes docs/reference/rfc6455.md: what the table says, deviations first. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  DEVIATIONS,
  expected,
  wanted,
  type AnyCase,
  type Body,
  type Case,
  type Frame,
  type Hex,
  type Step,
} from './case.ts'
import { HARD_BYTES, SOFT_BYTES } from './limits.ts'
import { CASES, HANDSHAKES } from './table.ts'

export const DOCUMENT = resolve(import.meta.dirname, '../../docs/reference/rfc6455.md')

export function renderDocument(): string {
  const all: readonly AnyCase[] = [...CASES, ...HANDSHAKES]
  const deviating = all.filter(({ deviation }) => deviation !== undefined)
  return [
    '# RFC 6455, case by case',
    `${all.length} cases, each played on a real server by \`test/rfc6455/\`, which also makes this page. ${all.length - deviating.length} end as the RFC wants ` +
      `or allows, ${deviating.length} do not: those are listed first. What speaks here is uWebSockets.js, and where the protocol of Drumbeat decides, Drumbeat.`,
    'A client that frames correctly meets none of them but the last.',
    '## Deviations',
    table(
      ['what', 'cases', 'what it means for a client'],
      Object.entries(DEVIATIONS).map(([id, { what, means }]) => {
        return [what, String(deviating.filter(({ deviation }) => deviation === id).length), means]
      }),
    ),
    LEGEND,
    ...Object.entries(DEVIATIONS).flatMap(([id, { what }]) => [
      `### ${what.slice(0, what.search(/[:.(]/)).trim()}`,
      caseTable(all.filter(({ deviation }) => deviation === id)),
    ]),
    '## As the RFC wants it',
    ...sections(all.filter(({ deviation }) => deviation === undefined)),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

const LEGEND = [
  'Sent: frames in order, `data` being text on a JSON connection and binary on a msgpack one, `more` a continuation, `+` that more of the message follows;',
  '`ask a` is a request that the server answers with `reply a`. Came: `close` is a close frame and the end of TCP after it, `dropped` the end of TCP without',
  'one, `open` that nothing came and the connection is there. Where the RFC allows several outcomes, the first is what comes unless it is said. The soft limit of a message is',
  `${SOFT_BYTES} bytes here, the hard one ${HARD_BYTES}.`,
].join(' ')

function sections(cases: readonly AnyCase[]): string[] {
  const groups = Map.groupBy(cases, ({ id }) => id.slice(0, id.indexOf('.')))
  return [...groups].flatMap(([group, of]) => [`### ${group}`, caseTable(of)])
}

function caseTable(cases: readonly AnyCase[]): string {
  const rows = cases.map((it) => [
    `\`${it.id}\``,
    it.section,
    it.name,
    'send' in it ? code(sent(it)) : '',
    wanted(it).map(code).join(' or '),
    expected(it) === wanted(it)[0] ? '' : code(expected(it)),
  ])
  return table(['case', 'section', 'what', 'sent', 'the RFC', 'comes, if other'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Bidirectional marks and the like would garble the page. */
function code(text: string): string {
  if (text === '') return ''
  const shown = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, (one) => `U+${one.codePointAt(0)?.toString(16)}`)
  return `\`${shown.replaceAll('`', "'")}\``
}

const STEPS_MAX = 6

function sent({ send, cut, early, encodings = ['json'] }: Case): string {
  const steps = send.slice(0, STEPS_MAX).map(stepText)
  if (send.length > STEPS_MAX) steps.push(`… (${send.length} frames)`)
  const how = [
    ...(cut === undefined ? [] : [`${cut} bytes a segment`]),
    ...(early ? ['with the handshake'] : []),
    ...(encodings.length > 1 ? [] : encodings[0] === 'msgpack' ? ['msgpack'] : []),
  ]
  return steps.join(', ') + (how.length === 0 ? '' : ` (${how.join(', ')})`)
}

function stepText(step: Step): string {
  if (step === 'end') return 'FIN'
  if (step === 'pause') return 'pause'
  if ('times' in step) return `${step.times} × ${frameText(step.frame)}`
  return 'hex' in step ? `bytes ${step.hex}` : frameText(step)
}

function frameText({ op, body = '', fin, rsv, mask, lengthBits, length }: Frame): string {
  return [
    typeof op === 'number' ? `opcode ${op}` : op,
    ...(fin === false ? ['+'] : []),
    ...(rsv === undefined ? [] : [`rsv ${rsv.toString(2).padStart(3, '0')}`]),
    ...(mask === undefined ? [] : [mask === 'none' ? 'unmasked' : `mask ${mask}`]),
    ...(lengthBits === undefined ? [] : [`length in ${lengthBits} bits`]),
    ...(length === undefined ? [] : [`length ${length}`]),
    ...(body === '' ? [] : [bodyText(body)]),
  ].join(' ')
}

function bodyText(body: Body): string {
  if (typeof body === 'string') return quoted(body)
  if ('hex' in body) return `bytes ${body.hex}`
  if ('x' in body) return `${body.x} bytes`
  if ('code' in body) return `${body.code} ${quoted(body.reason ?? '')}`.trim()
  const part = body.part === undefined ? '' : ` [${body.part.join(', ')}${body.part.length === 1 ? ', …' : ''}]`
  return `ask ${quoted(body.ask)}${body.bytes === undefined ? '' : ` of ${body.bytes} bytes`}${part}`
}

function quoted(text: string | Hex): string {
  if (typeof text !== 'string') return `bytes ${text.hex}`
  return text.length > 20 ? `${text.slice(0, 3)}… (${text.length})` : text
}

if (import.meta.main) writeFileSync(DOCUMENT, renderDocument())
