import { hash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileStamp } from '../base/file-stamp.ts'
import { isAuthors } from '../base/own-code.ts'
import type { LoadedFile } from '../link/methods/host.ts'

/**
 * Knows the files and folders that games were loaded from, or were to be, and the files that they import. Packages and Drumbeat
 * itself are left out.
 */
export class LoadedFiles {
  readonly #stamps = new Map<string, string>()
  /** The hash of the contents of each file. */
  readonly #hashes = new Map<string, string>()
  /** The files that a file imports. */
  readonly #imports = new Map<string, Set<string>>()

  get all(): readonly LoadedFile[] {
    return Array.from(this.#stamps, ([file, stamp]) => ({ file, stamp }))
  }

  /** Notes a file or a folder that GAMES names. */
  named(place: string): void {
    this.#stamps.set(place, fileStamp(place))
  }

  /** Notes a file that is about to be loaded. It may be missing. */
  asked({ href, protocol }: URL): void {
    if (protocol !== 'file:') return
    const file = fileURLToPath(href)
    if (isAuthors(file) && !this.#stamps.has(file)) this.#stamps.set(file, fileStamp(file))
  }

  /**
   * Notes a file that is about to be loaded, by its real path.
   * @param parentUrl the module that imports it
   */
  found(url: string, parentUrl: string | undefined): void {
    const file = authorsFile(url)
    if (file === undefined) return
    if (!this.#hashes.has(file)) this.#hashes.set(file, contentsOf(file))
    const parent = parentUrl === undefined ? undefined : authorsFile(parentUrl)
    if (parent === undefined) return
    const imports = this.#imports.get(parent) ?? new Set()
    this.#imports.set(parent, imports.add(file))
  }

  /** Returns a hash of the contents of a file and of everything that it imports. It is the same if they are copied to another folder. */
  codeOf(file: string): string {
    const entry = realpathSync(file)
    const reached = new Set([entry])
    // The loop also visits files that are added while it runs.
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

/** Returns the hash of a file's contents, or an empty text if there is no such file. */
function contentsOf(file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return ''
  return hash('sha256', readFileSync(file), 'base64url')
}
