import { createHash } from 'node:crypto'

/** As it is where it is short and can be read. */
export function short(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  if (bytes.length <= 16 && /^[\x20-\x7e]*$/.test(text)) return text
  return `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
}

/** The outcome of a ping with these bytes. */
export function pong(bytes: Buffer): string {
  return `pong ${short(bytes)}`.trim()
}
