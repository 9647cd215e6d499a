/**
 * Keeps the idempotency key of a request. A request whose outcome is not known is sent again with the same key. Any other request
 * gets a new key. So pressing a button again never does a thing twice.
 */
export class KeyKeeper {
  #held = { request: '', key: '' }

  /**
   * @param request everything that distinguishes this request from others
   * @returns 32 characters of `0-9a-f`
   */
  keyFor(request: object): string {
    const text = JSON.stringify(request)
    if (this.#held.request !== text) this.#held = { request: text, key: randomKey() }
    return this.#held.key
  }

  /** Call this when the outcome is known. */
  settle() {
    this.#held = { request: '', key: '' }
  }
}

/** Works on any address, unlike `crypto.randomUUID`, which exists only on https and localhost. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
