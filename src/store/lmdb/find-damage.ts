import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type Page, readPage, walkNodes } from './page.ts'

/** A tree of pages, as LMDB's MDB_db describes it. */
interface Tree {
  readonly name: string
  readonly depth: number
  readonly branches: number
  readonly leaves: number
  readonly overflows: number
  readonly entries: number
  /** -1 if the tree is empty. */
  readonly root: number
}

interface Meta {
  readonly pageBytes: number
  readonly lastPage: number
  readonly transaction: number
  readonly free: Tree
  readonly main: Tree
}

const MAGIC = 0xbeefc0de
const VERSION = 2
const META_AT = 24
const FREE_AT = META_AT + 24
const TREE_BYTES = 48
const MAIN_AT = FREE_AT + TREE_BYTES
const LAST_PAGE_AT = MAIN_AT + TREE_BYTES
const META_BYTES = LAST_PAGE_AT + 24
const META_FLAG = 8
/** Flags of trees whose keys have several values. Our environments have none. */
const DUPLICATES = 0x04 | 0x10 | 0x20 | 0x40
/** LMDB's own limit. */
const DEPTH_MAX = 32

/**
 * Why LMDB must not map the file. Returns undefined if each page that LMDB can reach exists and has the right kind. LMDB trusts
 * its pages: a file that is too short kills the process by SIGBUS, a torn one by SIGSEGV. So this reads all pages first, at about
 * 10 µs each. An old page in the place of a newer one is found only if it does not fit. No other process may have the file open.
 * Throws what the file system throws.
 */
export function findDamage(file: string): string | undefined {
  const fd = openSync(file, 'r')
  try {
    new Checker(fd).check()
    return undefined
  } catch (error) {
    if (error instanceof Damage) return error.message
    throw error
  } finally {
    closeSync(fd)
  }
}

/** Counts the bytes of pages in the file that are not in use. Returns 0 if the file is being written, and so cannot be read. */
export function countFreeBytes(file: string): number {
  const fd = openSync(file, 'r')
  try {
    return new Checker(fd).countFree()
  } catch (error) {
    if (error instanceof Damage) return 0
    throw error
  } finally {
    closeSync(fd)
  }
}

class Damage extends Error {}

class Checker {
  readonly #fd: number
  readonly #bytes: number
  #meta!: Meta
  #used!: Uint8Array

  constructor(fd: number) {
    this.#fd = fd
    this.#bytes = fstatSync(fd).size
  }

  check(): void {
    this.#meta = this.#newestMeta()
    this.#used = new Uint8Array(Math.ceil(this.#bytes / this.#meta.pageBytes))
    const { free, main } = this.#meta
    const lists: Buffer[] = []
    this.#checkTree(free, (data) => lists.push(data))
    this.#checkTree(main, (data, isTree, key) => {
      if (isTree) this.#checkTree(readTree(data, 0, key.toString('latin1').replaceAll('\0', '')))
    })
    for (const list of lists) this.#checkFree(list)
  }

  countFree(): number {
    this.#meta = this.#newestMeta()
    const { free, pageBytes, lastPage } = this.#meta
    this.#used = new Uint8Array(Math.ceil(this.#bytes / pageBytes))
    let pages = Math.max(0, Math.floor(this.#bytes / pageBytes) - 1 - lastPage)
    this.#checkTree(free, (list) => this.#walkFree(list, (_first, count) => (pages += count)))
    return pages * pageBytes
  }

  #newestMeta(): Meta {
    const first = this.#readMeta(0)
    const second = this.#readMeta(first.pageBytes)
    return first.transaction > second.transaction ? first : second
  }

  #readMeta(at: number): Meta {
    const bytes = this.#read(at, META_BYTES)
    if (bytes.readUInt16LE(18) !== META_FLAG || bytes.readUInt32LE(META_AT) !== MAGIC) {
      throw new Damage(`there is no valid meta page at byte ${at}`)
    }
    const version = bytes.readUInt16LE(META_AT + 4)
    if (version !== VERSION) throw new Damage(`its format is ${version}, not ${VERSION}`)
    const pageBytes = bytes.readUInt32LE(FREE_AT)
    if (pageBytes < 256 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
      throw new Damage(`its pages are said to have ${pageBytes} bytes`)
    }
    return {
      pageBytes,
      lastPage: readNumber(bytes, LAST_PAGE_AT),
      transaction: readNumber(bytes, LAST_PAGE_AT + 8),
      free: readTree(bytes, FREE_AT, 'of free pages'),
      main: readTree(bytes, MAIN_AT, 'of names'),
    }
  }

  #checkTree(tree: Tree, onEntry: OnEntry = () => {}): void {
    const found = { branches: 0, leaves: 0, overflows: 0, entries: 0 }
    if (tree.root !== -1) this.#checkPage(tree.root, { tree, found, onEntry, depth: 1, parent: this.#meta.transaction })
    else if (tree.depth !== 0) throw new Damage(`the tree ${tree.name} has no root`)
    for (const count of ['branches', 'leaves', 'overflows', 'entries'] as const) {
      if (found[count] === tree[count]) continue
      throw new Damage(`the tree ${tree.name} has ${found[count]} ${count}, and ${tree[count]} are said`)
    }
  }

  #checkPage(number: number, place: Place): void {
    const { tree, depth, found } = place
    if (depth > Math.min(tree.depth, DEPTH_MAX)) throw new Damage(`the tree ${tree.name} is deeper than it says`)
    const page = this.#readPage(number, 1)
    const isLeaf = depth === tree.depth
    if (page.kind !== (isLeaf ? 'leaf' : 'branch'))
      throw new Damage(`page ${number} is no ${isLeaf ? 'leaf' : 'branch'}`)
    if (page.transaction > place.parent) throw new Damage(`page ${number} is newer than the page above it`)
    found[isLeaf ? 'leaves' : 'branches']++
    const least = isLeaf || tree === this.#meta.free ? 1 : 2
    if (page.count < least) throw new Damage(`page ${number} has ${page.count} entries`)
    const fault = walkNodes(page, (node) => {
      if (!isLeaf) return this.#checkPage(node.child, { ...place, depth: depth + 1, parent: page.transaction })
      found.entries++
      const data = node.isLarge ? this.#readLarge(node.data, node.dataBytes, place) : node.data
      place.onEntry(data, node.isTree, node.key)
    })
    if (fault !== undefined) throw new Damage(`page ${number}: ${fault}`)
  }

  /** Reads a value that has pages of its own. Its content is returned only for the free list. */
  #readLarge(pointer: Buffer, bytes: number, { tree, found }: Place): Buffer {
    const number = readNumber(pointer, 0)
    const { pageBytes, free } = this.#meta
    const pages = Math.ceil((META_AT + bytes) / pageBytes)
    const page = this.#readPage(number, pages)
    if (page.kind !== 'overflow' || page.pages !== pages)
      throw new Damage(`page ${number} does not begin a value of ${bytes} bytes`)
    found.overflows += pages
    return tree === free ? this.#read(number * pageBytes + META_AT, bytes) : EMPTY
  }

  /** Checks that each page exists, and is reached only once. */
  #readPage(number: number, pages: number): Page {
    const { pageBytes, lastPage } = this.#meta
    if (number < 2 || number + pages - 1 > lastPage)
      throw new Damage(`there is a way to page ${number}, which there cannot be`)
    if ((number + pages) * pageBytes > this.#bytes) {
      throw new Damage(
        `it has ${this.#bytes} bytes, and page ${number + pages - 1} would end at ${(number + pages) * pageBytes}`,
      )
    }
    for (let i = number; i < number + pages; i++) {
      if (this.#used[i] === 1) throw new Damage(`page ${i} stands in two places`)
      this.#used[i] = 1
    }
    const page = readPage(this.#read(number * pageBytes, pageBytes))
    if (page.number !== number) throw new Damage(`where page ${number} should be is page ${page.number}`)
    return page
  }

  /** Checks that free pages are not in use. */
  #checkFree(list: Buffer): void {
    this.#walkFree(list, (first, pages) => {
      if (first < 2 || first + pages - 1 > this.#meta.lastPage) throw new Damage(`page ${first} is said to be free`)
      for (let page = first; page < first + pages; page++) {
        if (this.#used[page] === 1) throw new Damage(`page ${page} is used, and said to be free`)
      }
    })
  }

  /**
   * A list has a count, then entries. An entry is a page; or, for a block, the negative number of its pages and then its first
   * page.
   */
  #walkFree(list: Buffer, onBlock: (first: number, pages: number) => void): void {
    const count = readNumber(list, 0)
    if (count * 8 + 8 > list.length) throw new Damage('a list of free pages is longer than it can be')
    for (let i = 1; i <= count; i++) {
      const entry = readNumber(list, i * 8)
      const pages = entry < 0 ? -entry : 1
      const first = entry < 0 ? readNumber(list, ++i * 8) : entry
      if (first !== 0) onBlock(first, pages)
    }
  }

  #read(at: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    const read = readSync(this.#fd, buffer, 0, bytes, at)
    if (read < bytes) throw new Damage(`it ends at byte ${at + read}`)
    return buffer
  }
}

type OnEntry = (data: Buffer, isTree: boolean, key: Buffer) => void

interface Place {
  readonly tree: Tree
  readonly found: { branches: number; leaves: number; overflows: number; entries: number }
  readonly onEntry: OnEntry
  readonly depth: number
  /** The transaction that wrote the page above. */
  readonly parent: number
}

const EMPTY = Buffer.alloc(0)

function readTree(bytes: Buffer, at: number, name: string): Tree {
  if (bytes.length < at + TREE_BYTES) throw new Damage(`the tree ${name} is cut`)
  const flags = bytes.readUInt16LE(at + 4)
  if ((flags & DUPLICATES) !== 0) throw new Damage(`the tree ${name} is of a kind that is not used here`)
  const [branches = 0, leaves = 0, overflows = 0, entries = 0, root = 0] = [8, 16, 24, 32, 40].map((offset) =>
    readNumber(bytes, at + offset),
  )
  return { name, depth: bytes.readUInt16LE(at + 6), branches, leaves, overflows, entries, root }
}

/** A number that does not fit into a double cannot be a valid page, count or transaction. */
function readNumber(bytes: Buffer, at: number): number {
  const number = Number(bytes.readBigInt64LE(at))
  if (!Number.isSafeInteger(number)) throw new Damage('a number is out of range')
  return number
}
