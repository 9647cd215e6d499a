import { webCrypto, type WebCrypto } from './environment.ts'
import { receiptBytes } from '../protocol/receipt.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'

/** RFC 8037 */
export interface Ed25519Jwk {
  readonly kty: string
  readonly crv?: string
  readonly x?: string
}

/**
 * Whether the server that holds the private key signed exactly this receipt. `publicKey` is what `/api/v1/receipt-key` returns,
 * as PEM (SPKI) or as a JWK. Needs no connection. Throws if the key cannot be read. In browsers it works only on pages loaded by
 * https, and needs Ed25519 in Web Crypto, which is newer than what the rest of the client needs (Safari 17, Firefox 129, Chrome
 * 137).
 */
export async function verifyReceipt(receipt: Receipt, publicKey: string | Ed25519Jwk): Promise<boolean> {
  const { subtle } = await webCrypto()
  const key = await importKey(subtle, publicKey)
  const signature = fromBase64(receipt.signature)
  // Copied, because the types of Web Crypto accept no array that might be in shared memory.
  return subtle.verify('Ed25519', key, signature, new Uint8Array(receiptBytes(receipt)))
}

function importKey(subtle: WebCrypto['subtle'], publicKey: string | Ed25519Jwk) {
  if (typeof publicKey !== 'string') {
    const { kty, crv, x } = publicKey
    return subtle.importKey('jwk', { kty, crv: crv ?? '', x: x ?? '' }, 'Ed25519', false, ['verify'])
  }
  const spki = fromBase64(publicKey.replaceAll(/-----[A-Z ]+-----|\s/g, ''))
  return subtle.importKey('spki', spki, 'Ed25519', false, ['verify'])
}

/** Decodes base64 and base64url, with or without padding. */
function fromBase64(text: string) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
