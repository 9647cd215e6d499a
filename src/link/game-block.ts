/**
 * What a host sends in one piece: first records of the journal, then patches. The primary commits the records and passes the
 * block on to the workers that have connections in its rooms. No process on the way decodes a patch. Little-endian:
 * - u32 number of records, u32 number of patches;
 * - for each record the u32 handle, u32 tick, u32 length;
 * - for each patch the u32 handle, u32 tick, u32 base, u16 view, u8 encoding, u8 zero, u32 length;
 * - the bytes of the records, then those of the patches.
 */
const HEAD_BYTES = 8
const RECORD_BYTES = 12
const PATCH_BYTES = 20

export interface JournalRecord {
  readonly handle: number
  readonly tick: number
  readonly bytes: Uint8Array
}

/** One patch, for all connections that see the same and use the same encoding. */
export interface BlockPatch {
  readonly handle: number
  readonly tick: number
  /** The tick from which it starts. */
  readonly base: number
  readonly view: number
  readonly encoding: 'json' | 'binary'
  /** A whole frame, as it is sent to clients. */
  readonly bytes: Uint8Array
}

export interface GameBlock {
  readonly records: readonly JournalRecord[]
  readonly patches: readonly BlockPatch[]
}

export function encodeGameBlock({ records, patches }: GameBlock): Buffer {
  let bytes = HEAD_BYTES + records.length * RECORD_BYTES + patches.length * PATCH_BYTES
  for (const { bytes: content } of records) bytes += content.length
  for (const { bytes: content } of patches) bytes += content.length
  const block = Buffer.allocUnsafe(bytes)
  block.writeUInt32LE(records.length, 0)
  block.writeUInt32LE(patches.length, 4)
  let at = HEAD_BYTES
  for (const record of records) {
    block.writeUInt32LE(record.handle, at)
    block.writeUInt32LE(record.tick, at + 4)
    block.writeUInt32LE(record.bytes.length, at + 8)
    at += RECORD_BYTES
  }
  for (const patch of patches) {
    block.writeUInt32LE(patch.handle, at)
    block.writeUInt32LE(patch.tick, at + 4)
    block.writeUInt32LE(patch.base, at + 8)
    block.writeUInt16LE(patch.view, at + 12)
    block.writeUInt16LE(patch.encoding === 'binary' ? 1 : 0, at + 14)
    block.writeUInt32LE(patch.bytes.length, at + 16)
    at += PATCH_BYTES
  }
  for (const { bytes: content } of records) at = put(block, content, at)
  for (const { bytes: content } of patches) at = put(block, content, at)
  return block
}

/** Decodes a block. The bytes of records and patches are views of it. */
export function decodeGameBlock(block: Buffer): GameBlock {
  const recordCount = block.readUInt32LE(0)
  const patchCount = block.readUInt32LE(4)
  let head = HEAD_BYTES
  let at = HEAD_BYTES + recordCount * RECORD_BYTES + patchCount * PATCH_BYTES
  const records: JournalRecord[] = []
  for (let i = 0; i < recordCount; i++, head += RECORD_BYTES) {
    const end = at + block.readUInt32LE(head + 8)
    records.push({
      handle: block.readUInt32LE(head),
      tick: block.readUInt32LE(head + 4),
      bytes: block.subarray(at, end),
    })
    at = end
  }
  const patches: BlockPatch[] = []
  for (let i = 0; i < patchCount; i++, head += PATCH_BYTES) {
    const end = at + block.readUInt32LE(head + 16)
    patches.push({
      handle: block.readUInt32LE(head),
      tick: block.readUInt32LE(head + 4),
      base: block.readUInt32LE(head + 8),
      view: block.readUInt16LE(head + 12),
      encoding: block.readUInt16LE(head + 14) === 1 ? 'binary' : 'json',
      bytes: block.subarray(at, end),
    })
    at = end
  }
  if (at !== block.length) throw new Error('a broken block of a game host')
  return { records, patches }
}

function put(block: Buffer, content: Uint8Array, at: number): number {
  block.set(content, at)
  return at + content.length
}
