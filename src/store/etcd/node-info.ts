/** The value of a node's key, as JSON. */
export interface NodeInfo {
  /** The token of the node's data folder. */
  readonly token: string
  /** Unix time in milliseconds. */
  readonly started_at: number
  /** The revision up to which it has applied the log. */
  readonly seen: number
}

export function encodeInfo(info: NodeInfo): Uint8Array {
  return Buffer.from(JSON.stringify(info))
}

/** Does not check the value, because only nodes write it. */
export function decodeInfo(value: Uint8Array): NodeInfo {
  return JSON.parse(Buffer.from(value).toString()) as NodeInfo
}
