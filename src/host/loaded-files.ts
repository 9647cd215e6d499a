import { hash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileStamp } from '../base/file-stamp.ts'
import { isAuthors } from '../base/own-code.ts'
import type { LoadedFile } from '../link/methods/host.ts'

/** The files and folders that games were loaded from, or were to be, and what they import: but for packages, and for Drumbeat. */
export class LoadedFiles {
  readonly #stamps = new Map<string, string>()
  /** Of the contents of each file. */
  readonly #hashes = new Map<string, string>()
  /** By the file that imports them. */
  readonly #imports = new Map<string, Set<string>>()

  get all(): readonly LoadedFile[] {
    return Array.from(this.#stamps, ([file, stamp]) => ({ file, stamp }))
  }

  /** A file or a folder that GAMES names. */
  named(place: string): void {
    this.#stamps.set(place, fileStamp(place))
  }

  /** A file that is about to be loaded, or that is missing. */
  asked({ href, protocol }: URL): void {
    if (protocol !== 'file:') return
    const file = fileURLToPath(href)
    if (isAuthors(file) && !this.#stamps.has(file)) this.#stamps.set(file, fileStamp(file))
  }

  /** A file that is about to be loaded, by its real path. @param parentUrl what imports it */
  found(url: string, parentUrl: string | undefined): void {
    const file = authorsFile(url)
    if (file === undefined) return
    if (!this.#hashes.has(file)) this.#hashes.set(file, contentsOf(file))
    const parent = parentUrl === undefined ? undefined : authorsFile(parentUrl)
    if (parent === undefined) return
    const imports = this.#imports.get(parent) ?? new Set()
    this.#imports.set(parent, imports.add(file))
  }

  /** Names the contents of a file and of all that it imports, wherever the folder is in which they are. */
  codeOf(file: string): string {
    const entry = realpathSync(file)
    const reached = new Set([entry])
    // A set that grows while it is walked gives what is new, too.
    for (const from of reached) for (const to of this.#imports.get(from) ?? []) reached.add(to)
    const folder = path.dirname(entry)
    const contents = Array.from(reached, (each) => [path.relative(folder, each), this.#hashes.get(each) ?? ''])
    return hash('sha256', JSON.stringify(contents.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))), 'base64url')
  }
}

function authorsFile(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  const file = fileURLToPath(url)
  return isAuthors(file) ? file : undefined
}

/** Empty if there is no such file. */
function contentsOf(file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return ''
  return hash('sha256', readFileSync(file), 'base64url')
}
