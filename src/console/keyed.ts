/**
 * One idempotency key per request: a request whose outcome is not known goes out again under the key it had, any other
 * gets a fresh one. So pressing the button again can never do a thing twice.
 */
export class KeyKeeper {
  #held = { request: '', key: '' }

  /**
   * @param request all that makes it this request and no other
   * @returns 32 characters of `0-9a-f`
   */
  keyFor(request: object): string {
    const text = JSON.stringify(request)
    if (this.#held.request !== text) this.#held = { request: text, key: randomKey() }
    return this.#held.key
  }

  /** The outcome is known. */
  settle() {
    this.#held = { request: '', key: '' }
  }
}

/** `crypto.randomUUID` exists on https and localhost only; this works on any address. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
