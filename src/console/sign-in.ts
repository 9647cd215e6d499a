import type { Admin } from './admin.ts'
import { byId, onClick } from './dom.ts'
import { callApi } from './http.ts'
import { failure, type Outcome } from './outcome.ts'

/** The key in the local storage of this browser, for the server at this address. */
const KEPT_AS = 'drumbeat-sign-in'
const IN_ADDRESS = /^#sign-in=([\w-]+)$/

const OFFERED =
  'This server has development secrets, and this browser is on its machine, so one click signs you in. This works only here.'
const MISSING =
  'This server has development secrets. To sign in with one click, open the address with #sign-in= that it printed at its start.'

/**
 * Signs in with one click, which a development server offers to browsers on its own machine. This needs a code, which is in the
 * address that the server prints.
 */
export class SignIn {
  readonly #isOffered = document.querySelector('meta[name="sign-in"]')?.getAttribute('content') === 'offered'
  #code = localStorage.getItem(KEPT_AS) ?? ''
  /** Why the last attempt failed. */
  #trouble = ''

  /** Takes the code from the address. Call this before the router reads the address. */
  constructor() {
    this.#take()
    window.addEventListener('hashchange', () => this.#take())
  }

  /** Shows the button and explains it. */
  start(admin: Admin) {
    onClick('sign-in-admin', () => void this.#enter(admin))
  }

  /** Requests a token for a player, or the admin token if no id is given. Never rejects. */
  async tokenFor(userId?: string): Promise<Outcome<{ readonly token: string }>> {
    if (this.#code === '') return failure('FORBIDDEN', MISSING)
    const body = { code: this.#code, ...(userId === undefined ? {} : { user_id: userId }) }
    const outcome = await callApi<{ readonly token: string }>('/api/v1/sign-in', { method: 'POST', body })
    this.#trouble = outcome.success ? '' : outcome.error.message
    // The code may belong to another server that was at this address before.
    if (!outcome.success && outcome.error.code === 'FORBIDDEN') this.#keep('')
    this.#show()
    return outcome
  }

  async #enter(admin: Admin) {
    const outcome = await this.tokenFor()
    if (outcome.success) admin.use(outcome.data.token)
  }

  #take() {
    const [, code] = IN_ADDRESS.exec(location.hash) ?? []
    if (code !== undefined) {
      this.#keep(code)
      this.#trouble = ''
      history.replaceState(null, '', '#/')
    }
    this.#show()
  }

  #keep(code: string) {
    this.#code = code
    if (code === '') localStorage.removeItem(KEPT_AS)
    else localStorage.setItem(KEPT_AS, code)
  }

  #show() {
    const can = this.#isOffered && this.#code !== ''
    byId('sign-in-admin', HTMLElement).hidden = !can
    byId('sign-in-form', HTMLElement).hidden = !can
    const hint = byId('sign-in-hint', HTMLElement)
    hint.hidden = !this.#isOffered
    hint.textContent = [this.#trouble, can ? OFFERED : MISSING].filter((text) => text !== '').join('. ')
  }
}
