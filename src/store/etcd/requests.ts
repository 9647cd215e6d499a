import type { Compare, KeyValue, Operation, TxnResponse } from './etcd3.ts'

/** Short forms of etcd's requests, and readers of its answers. */

export function put(key: Buffer, value: Uint8Array, lease?: string): Operation {
  return { request_put: { key, value: toBuffer(value), ...(lease === undefined ? {} : { lease }) } }
}

export function remove(key: Buffer): Operation {
  return { request_delete_range: { key } }
}

export function read(
  key: Buffer,
  options: { readonly keysOnly?: boolean; readonly revision?: number } = {},
): Operation {
  const { keysOnly = false, revision } = options
  return { request_range: { key, keys_only: keysOnly, ...(revision === undefined ? {} : { revision }) } }
}

/** The key was last changed at this revision. 0: it does not exist. */
export function isAt(key: Buffer, revision: number): Compare {
  return { key, target: 'Mod', result: 'Equal', mod_revision: revision }
}

/** The key was created at this revision and never deleted since. 0: it does not exist. */
export function isSince(key: Buffer, revision: number): Compare {
  return { key, target: 'Create', result: 'Equal', create_revision: revision }
}

/** The key exists, and was changed at this revision or later. */
export function isNotBefore(key: Buffer, revision: number): Compare {
  return { key, target: 'Mod', result: 'Greater', mod_revision: revision - 1 }
}

/** What the `read` with this index in a transaction has found. */
export function found({ responses }: TxnResponse, index: number): KeyValue | undefined {
  return responses[index]?.response_range?.kvs[0]
}

export function revisionOf(response: { readonly header: { readonly revision: string } }): number {
  return Number(response.header.revision)
}

/** A Buffer over the same bytes, not a copy. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The first key behind all keys with this prefix. Only for ASCII prefixes. */
export function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  end[end.length - 1] = (end.at(-1) ?? 0) + 1
  return end
}
