import { withoutComments, type Sources } from './check.ts'

/**
 * A log limits lines by their text (`src/base/log.ts`), so a text must not be made of what comes from outside: what differs from line to line stands
 * in the object before it. Files whose texts are not constants, and why they cannot fill the log:
 */
const TEXTS_OF_THEIR_OWN: Readonly<Record<string, string>> = {
  'src/base/node-warnings.ts': "Node's own, each once",
  'src/host/room.ts': 'of authors: `authorLines` limits them by game',
  'src/node/game-watch.ts': 'after a file was saved',
  'src/node/misfits.ts': 'of a table',
  'src/door/security-log.ts': 'of a table, limited by address',
  'src/processes/supervisor.ts': 'worker or host',
  'src/tracing/open-tracing.ts': 'of two, each once in a while',
}

const LINE = /\blog\??\.(?:info|warn|error|fatal)\(/gi
const CONSTANT = /^(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`$]*`|[A-Z][A-Z_]+)$/

/** Lines of the log whose text is no constant. */
export function checkLogTexts(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => {
    if (file in TEXTS_OF_THEIR_OWN) return []
    const code = withoutComments(text)
    return [...code.matchAll(LINE)].flatMap(({ index, 0: { length } }) => {
      const last = argumentsFrom(code, index + length).at(-1) ?? ''
      return CONSTANT.test(last) ? [] : [`${file}: a line of the log whose text is no constant: ${last.slice(0, 80)}`]
    })
  })
}

/** The arguments of a call whose parenthesis opens just before `start`, as they are written. */
function argumentsFrom(code: string, start: number): string[] {
  const args: string[] = []
  let depth = 0
  let from = start
  let quote = ''
  for (let i = start; i < code.length; i++) {
    const character = code[i] ?? ''
    if (quote !== '') {
      if (character === '\\') i++
      else if (character === quote) quote = ''
    } else if ('\'"`'.includes(character)) quote = character
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character) && depth-- === 0) return [...args, code.slice(from, i).trim()].filter(Boolean)
    else if (character === ',' && depth === 0) {
      args.push(code.slice(from, i).trim())
      from = i + 1
    }
  }
  return args
}
