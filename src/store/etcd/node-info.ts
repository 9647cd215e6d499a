/** What a node's key says of it: JSON. */
export interface NodeInfo {
  /** Of the node's data folder. */
  readonly token: string
  /** Unix time in milliseconds. */
  readonly started_at: number
  /** The revision up to which it has applied the log. */
  readonly seen: number
}

export function encodeInfo(info: NodeInfo): Uint8Array {
  return Buffer.from(JSON.stringify(info))
}

/** Trusts what it finds: only nodes write it. */
export function decodeInfo(value: Uint8Array): NodeInfo {
  return JSON.parse(Buffer.from(value).toString()) as NodeInfo
}
