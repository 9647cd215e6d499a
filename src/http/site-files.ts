import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { hasCode } from '../base/error-code.ts'
import { FILE_TYPES, fileAnswer } from './browser-files.ts'
import type { HttpAnswer } from './http.ts'

const TYPES: Readonly<Record<string, string>> = {
  ...FILE_TYPES,
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
}

/** A file name, or a folder and a file in it. No name begins with a dot. */
const NAME = /^\w[\w.-]*(?:\/\w[\w.-]*)?$/

/**
 * Serves the files of a folder and of its direct subfolders. A file is read each time it is asked for, and nothing is kept in
 * memory.
 */
export class SiteFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Returns undefined if there is no such file.
   * @param name as in `start/quickstart.html`
   */
  answer(name: string): HttpAnswer | undefined {
    const type = TYPES[extname(name)]
    if (type === undefined || !NAME.test(name)) return undefined
    const body = read(join(this.#folder, name))
    return body && fileAnswer(type, body)
  }
}

function read(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EISDIR')) return undefined
    throw error
  }
}
