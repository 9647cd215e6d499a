/** A page of LMDB's file, as `mdb.c` of the pinned lmdb defines it: MDB_page, with page numbers of 8 bytes. */
export interface Page {
  readonly bytes: Buffer
  readonly number: number
  /** The transaction that wrote it. */
  readonly transaction: number
  readonly kind: 'branch' | 'leaf' | 'overflow' | undefined
  /** For a branch or a leaf: how many entries it has. */
  readonly count: number
  /** For a branch or a leaf: where its entries begin. */
  readonly upper: number
  /** For an overflow: how many pages it has. */
  readonly pages: number
}

export interface PageNode {
  readonly key: Buffer
  /** For a branch: the number of the page below. */
  readonly child: number
  /** For a leaf: the value, or a pointer to the value's own pages. */
  readonly data: Buffer
  readonly dataBytes: number
  readonly isLarge: boolean
  readonly isTree: boolean
}

const HEADER_BYTES = 24
const NODE_BYTES = 8
const KINDS = new Map<number, Page['kind']>([
  [1, 'branch'],
  [2, 'leaf'],
  [4, 'overflow'],
])
/** The bits for branch, leaf, overflow and meta, and those for keys with several values. */
const KIND_MASK = 0x6f
const LARGE = 1
const TREE = 2
const DUPLICATES = 4
/** Points to a value with pages of its own: page, transaction, number of pages. */
const POINTER_BYTES = 24

export function readPage(bytes: Buffer): Page {
  return {
    bytes,
    number: Number(bytes.readBigUInt64LE(0)),
    transaction: Number(bytes.readBigUInt64LE(8)),
    kind: KINDS.get(bytes.readUInt16LE(18) & KIND_MASK),
    count: bytes.readUInt16LE(20) >> 1,
    upper: bytes.readUInt16LE(22),
    pages: bytes.readUInt32LE(20),
  }
}

/** Calls back for each entry of a branch or a leaf. Returns what is wrong with the page, or undefined if nothing is. */
export function walkNodes(page: Page, onNode: (node: PageNode) => void): string | undefined {
  const { bytes, count, upper } = page
  const end = bytes.length
  const begin = HEADER_BYTES + upper
  if (begin > end || HEADER_BYTES + count * 2 > begin) return 'its entries begin outside of it'
  let used = 0
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES + bytes.readUInt16LE(HEADER_BYTES + i * 2)
    if (at < begin || at + NODE_BYTES > end || at % 2 !== 0) return `entry ${i} is outside of it`
    const node = readNode(page, at)
    if (!node) return `entry ${i} is outside of it, or of an unknown kind`
    const nodeBytes = NODE_BYTES + node.key.length + node.data.length
    used += nodeBytes + (nodeBytes % 2)
    if (used > end - begin) return 'its entries lie over each other'
    onNode(node)
  }
  return undefined
}

function readNode({ bytes, kind }: Page, at: number): PageNode | undefined {
  const low = bytes.readUInt32LE(at)
  const flags = bytes.readUInt16LE(at + 4)
  const keyAt = at + NODE_BYTES
  const dataAt = keyAt + bytes.readUInt16LE(at + 6)
  const isLeaf = kind === 'leaf'
  const isLarge = isLeaf && (flags & LARGE) !== 0
  const stored = !isLeaf ? 0 : isLarge ? POINTER_BYTES : low
  if (dataAt + stored > bytes.length || (isLeaf && (flags & DUPLICATES) !== 0)) return undefined
  return {
    key: bytes.subarray(keyAt, dataAt),
    child: low + flags * 2 ** 32,
    data: bytes.subarray(dataAt, dataAt + stored),
    dataBytes: low,
    isLarge,
    isTree: isLeaf && (flags & TREE) !== 0,
  }
}
