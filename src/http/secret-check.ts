import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Compares in constant time, so that the time tells nothing about the secret. It compares hashes, because timingSafeEqual needs
 * equal lengths.
 */
export function createSecretCheck(secret: string): (given: string) => boolean {
  const expected = digestOf(secret)
  return (given) => timingSafeEqual(digestOf(given), expected)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
