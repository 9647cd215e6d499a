import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares in a time that says nothing of the secret. Hashes have one length, which timingSafeEqual wants. */
export function createSecretCheck(secret: string): (given: string) => boolean {
  const expected = digestOf(secret)
  return (given) => timingSafeEqual(digestOf(given), expected)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
