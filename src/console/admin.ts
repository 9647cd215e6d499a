import { byId, onSubmit } from './dom.ts'
import { callApi, downloadApi, type Answer, type ApiRequest } from './http.ts'
import { KeyKeeper } from './keyed.ts'
import { failure, isUncertain, type Outcome } from './outcome.ts'

/** The key in the session storage, which the browser keeps for this tab only. */
const KEPT_AS = 'drumbeat-admin-token'

const NO_TOKEN = failure('AUTH_REQUIRED', 'enter the admin token at the top of the page')

/** Sends requests with the admin token. */
export class Admin {
  #token = sessionStorage.getItem(KEPT_AS) ?? ''
  readonly #keys = new KeyKeeper()
  readonly #listeners: Array<() => void> = []

  constructor() {
    const input = byId('admin-token', HTMLInputElement)
    onSubmit('token-form', () => {
      // A text that cannot be sent in a header cannot be the token.
      if (/^[!-~]+$/.test(input.value.trim())) this.use(input.value.trim())
      input.value = ''
    })
    byId('token-forget', HTMLButtonElement).addEventListener('click', () => {
      this.use('')
      input.focus()
    })
    this.#show()
  }

  get hasToken() {
    return this.#token !== ''
  }

  /** @param listener called when the token changes */
  onToken(listener: () => void) {
    this.#listeners.push(listener)
  }

  /** @param token the new token, or '' to forget the token */
  use(token: string) {
    this.#token = token
    if (token === '') sessionStorage.removeItem(KEPT_AS)
    else sessionStorage.setItem(KEPT_AS, token)
    this.#show()
    for (const listener of this.#listeners) listener()
  }

  read<Data>(path: string): Promise<Answer<Data>> {
    return this.#ask(path)
  }

  change<Data>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object, ifMatch = ''): Promise<Outcome<Data>> {
    return this.#ask(path, { method, ifMatch, body })
  }

  async download(path: string): Promise<Outcome<Blob>> {
    return this.hasToken ? downloadApi(path, this.#token) : NO_TOKEN
  }

  /**
   * Sends a POST that is done once, even if it is sent again because its outcome is not known.
   * @param body without the idempotency key
   */
  async changeOnce<Data>(path: string, body: object): Promise<Outcome<Data>> {
    const key = this.#keys.keyFor({ path, ...body })
    const outcome = await this.change<Data>('POST', path, { ...body, idempotency_key: key })
    if (!isUncertain(outcome)) this.#keys.settle()
    return outcome
  }

  async #ask<Data>(path: string, request: Omit<ApiRequest, 'adminToken'> = {}): Promise<Answer<Data>> {
    if (!this.hasToken) return NO_TOKEN
    return callApi(path, { ...request, adminToken: this.#token })
  }

  #show() {
    byId('token-entry', HTMLElement).hidden = this.hasToken
    byId('token-held', HTMLElement).hidden = !this.hasToken
  }
}
