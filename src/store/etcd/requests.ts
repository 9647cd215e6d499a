import type { Compare, KeyValue, Operation, TxnResponse } from './etcd3.ts'

/** Short ways to etcd's requests and answers. */

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

/** The key was last changed in this revision; 0: it does not exist. */
export function isAt(key: Buffer, revision: number): Compare {
  return { key, target: 'Mod', result: 'Equal', mod_revision: revision }
}

/** The key was made in this revision and has been there since; 0: it does not exist. */
export function isSince(key: Buffer, revision: number): Compare {
  return { key, target: 'Create', result: 'Equal', create_revision: revision }
}

/** The key is there, and was changed in this revision or later. */
export function isNotBefore(key: Buffer, revision: number): Compare {
  return { key, target: 'Mod', result: 'Greater', mod_revision: revision - 1 }
}

/** What the `read` at this place of a transaction found. */
export function found({ responses }: TxnResponse, index: number): KeyValue | undefined {
  return responses[index]?.response_range?.kvs[0]
}

export function revisionOf(response: { readonly header: { readonly revision: string } }): number {
  return Number(response.header.revision)
}

/** A view, not a copy. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Where the keys with this prefix end. ASCII prefixes only. */
export function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  end[end.length - 1] = (end.at(-1) ?? 0) + 1
  return end
}
