import { readdirSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { extname, join } from 'node:path'
import { fileStamp } from '../base/file-stamp.ts'
import { etagOfContent } from './conditions.ts'
import { SECURITY_HEADERS, type HttpAnswer } from './http.ts'

/** The media type of a text file, by the extension of its name. */
export const FILE_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Allows only scripts and styles of this server, and none inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const IMPORTED_SOURCE = /\b(from|import)(\s*\(?\s*)'(\.[^'\n]*)\.ts'/g

/** Files as browsers get them, by name. All texts are read before this is made, so that they belong together. */
export class BrowserFiles {
  readonly #texts: ReadonlyMap<string, string>
  readonly #edit: (text: string) => string
  readonly #answers = new Map<string, HttpAnswer>()

  /**
   * @param texts by name; for a source `x.ts`, browsers get its JavaScript as `x.js`
   * @param edit is applied once to each text
   */
  constructor(texts: ReadonlyMap<string, string>, edit: (text: string) => string = (text) => text) {
    this.#texts = texts
    this.#edit = edit
  }

  /** Returns undefined if there is no such file. The types are removed from a source when it is first asked for. */
  answer(name: string): HttpAnswer | undefined {
    const known = this.#answers.get(name)
    if (known) return known
    const text = this.#read(name)
    if (text === undefined) return undefined
    const answer = fileAnswer(FILE_TYPES[extname(name)] ?? '', this.#edit(text))
    this.#answers.set(name, answer)
    return answer
  }

  #read(name: string): string | undefined {
    if (!(extname(name) in FILE_TYPES)) return undefined
    const source = this.#texts.get(name.replace(/\.js$/, '.ts'))
    return name.endsWith('.js') && source !== undefined ? toJavaScript(source) : this.#texts.get(name)
  }
}

/** Reads the text files of a folder that browsers may have. Returns them by name. */
export function readFolder(folder: string): Map<string, string> {
  return new Map(namesIn(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** Returns a text that changes whenever one of these files is written, added or deleted. */
export function stampOfFolder(folder: string): string {
  return namesIn(folder)
    .map((name) => `${name} ${fileStamp(join(folder, name))}`)
    .join('/')
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => {
    return extname(name) in FILE_TYPES || (name.endsWith('.ts') && !name.endsWith('.d.ts'))
  })
}

/**
 * Keeps lines and columns as they are. Node calls this function experimental, so packages contain JavaScript instead of sources,
 * and clones pin the version of Node.
 */
function toJavaScript(source: string): string {
  return module.stripTypeScriptTypes(source).replace(IMPORTED_SOURCE, "$1$2'$3.js'")
}

/** An answer with this content, an ETag, and headers that restrict what the page may do. */
export function fileAnswer(type: string, content: string | Uint8Array): HttpAnswer {
  const body = typeof content === 'string' ? Buffer.from(content) : content
  return {
    status: 200,
    headers: {
      'content-type': type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cache-control': 'no-cache',
      etag: etagOfContent(body),
      ...SECURITY_HEADERS,
    },
    body,
  }
}
