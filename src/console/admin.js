import { byId, onSubmit } from './dom.js'
import { callApi } from './http.js'
import { KeyKeeper } from './keyed.js'
import { failure, isUncertain } from './replies.js'

/** @typedef {import('./replies.js').Outcome} Outcome */

/** Of this tab only: the browser forgets it with the tab. */
const KEPT_AS = 'drumbeat-admin-token'

/** Requests in the operator's name. */
export class Admin {
  #token = sessionStorage.getItem(KEPT_AS) ?? ''
  #keys = new KeyKeeper()
  #listeners = /** @type {Array<() => void>} */ ([])

  constructor() {
    const input = byId('admin-token', HTMLInputElement)
    onSubmit('token-form', () => {
      // What cannot travel in a header cannot be the token either.
      if (/^[!-~]+$/.test(input.value.trim())) this.#use(input.value.trim())
      input.value = ''
    })
    byId('token-forget', HTMLButtonElement).addEventListener('click', () => {
      this.#use('')
      input.focus()
    })
    this.#show()
  }

  get hasToken() {
    return this.#token !== ''
  }

  /** @param {() => void} listener hears of another token */
  onToken(listener) {
    this.#listeners.push(listener)
  }

  /**
   * @param {string} path
   * @returns {Promise<Outcome & { etag?: string }>}
   */
  read(path) {
    return this.#ask(path)
  }

  /**
   * @param {'POST' | 'PUT' | 'DELETE'} method
   * @param {string} path
   * @param {Record<string, unknown>} [body]
   * @param {{ ifMatch?: string }} [options]
   * @returns {Promise<Outcome>}
   */
  change(method, path, body, { ifMatch = '' } = {}) {
    return this.#ask(path, { method, ifMatch, body })
  }

  /**
   * A POST that happens once, however often it is sent while its outcome is not known.
   * @param {string} path
   * @param {Record<string, unknown>} body without the idempotency key
   */
  async changeOnce(path, body) {
    const key = this.#keys.keyFor({ path, ...body })
    const outcome = await this.change('POST', path, { ...body, idempotency_key: key })
    if (!isUncertain(outcome)) this.#keys.settle()
    return outcome
  }

  /**
   * @param {string} path
   * @param {Omit<NonNullable<Parameters<typeof callApi>[1]>, 'adminToken'>} [request]
   * @returns {Promise<Outcome & { etag?: string }>}
   */
  async #ask(path, request = {}) {
    if (!this.hasToken) return failure('AUTH_REQUIRED', 'enter the admin token at the top of the page')
    return callApi(path, { ...request, adminToken: this.#token })
  }

  /** @param {string} token */
  #use(token) {
    this.#token = token
    if (token === '') sessionStorage.removeItem(KEPT_AS)
    else sessionStorage.setItem(KEPT_AS, token)
    this.#show()
    for (const listener of this.#listeners) listener()
  }

  #show() {
    byId('token-entry', HTMLElement).hidden = this.hasToken
    byId('token-held', HTMLElement).hidden = !this.hasToken
  }
}
