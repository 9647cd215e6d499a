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
 * Whether the server that holds the private key signed exactly this receipt. The key is what `/api/v1/receipt-key` gives,
 * as PEM (SPKI) or as a JWK. Needs no connection; throws where the key cannot be read. In browsers: pages of https only, and Ed25519 in Web Crypto, which is
 * younger than what the rest of the client needs (Safari 17, Firefox 129, Chrome 137).
 */
export async function verifyReceipt(receipt: Receipt, publicKey: string | Ed25519Jwk): Promise<boolean> {
  const { subtle } = await webCrypto()
  const key = await importKey(subtle, publicKey)
  const signature = fromBase64(receipt.signature)
  // A copy: WebCrypto's types take no array that might lie in shared memory.
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

/** base64 and base64url, with and without padding. */
function fromBase64(text: string) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
