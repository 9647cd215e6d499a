import type { ReadyPayload } from '../client/index.ts'
import { Actions } from './actions.ts'
import { byId, onClick, onSubmit } from './dom.ts'
import { EventsView } from './events-view.ts'
import { ExchangesView } from './exchanges-view.ts'
import type { Outcome } from './outcome.ts'
import { Player, type PlayerState } from './player.ts'
import { Playground } from './playground.ts'
import { Shop } from './shop.ts'
import type { SignIn } from './sign-in.ts'
import { View } from './view.ts'

/** Shows one connection as a client has it, with forms for all requests of clients. The connection stays while another view is shown. */
export class PlaygroundView extends View {
  readonly #token = byId('token', HTMLInputElement)
  readonly #events = new EventsView(
    'events',
    'After you connect, the events of your channels appear here, newest first.',
  )
  readonly #player = new Player({
    onStatus: (state, text) => this.#showStatus(state, text),
    onEvent: (event) => {
      this.#events.add(event)
      if (event.offset !== undefined) showFact('offset', event.offset)
    },
    onSession: (session) => this.#showSession(session),
    onRooms: (rooms) => this.#actions.showRooms(rooms),
    onGap: (rooms) => ['', ...rooms].forEach((room) => void this.#actions.fetchState(room)),
    onRoundTrip: (ms) => showFact('round-trip', `${ms.toFixed(1)} ms`),
    onExchange: (exchange) => this.#exchanges.show(exchange),
  })
  readonly #actions = new Actions(this.#player)
  readonly #playground = new Playground(this.#player)
  readonly #exchanges = new ExchangesView((sent) => this.#playground.edit(sent))
  readonly #shop = new Shop(this.#player)

  readonly #signIn: SignIn

  constructor(signIn: SignIn) {
    super()
    this.#signIn = signIn
    onSubmit('sign-in-form', () => this.#connectAs(byId('sign-in-user', HTMLInputElement).value))
    onClick('connect-guest', () => this.#player.connect(''))
    onClick('disconnect', () => this.#player.disconnect())
    onSubmit('connect-form', () => this.#player.connect(this.#token.value.trim()))
  }

  protected override read(): Promise<Outcome | null> {
    return this.#shop.load()
  }

  async #connectAs(userId: string) {
    const outcome = await this.#signIn.tokenFor(userId)
    if (outcome.success) this.#player.connect(outcome.data.token)
    else this.#showStatus('closed', `Not signed in: ${outcome.error.message}`)
  }

  #showStatus(state: PlayerState, text: string) {
    const line = byId('status', HTMLElement)
    line.dataset['state'] = state
    line.textContent = text
    const isUp = state === 'connected' || state === 'resumed'
    for (const button of document.querySelectorAll('button[data-needs-connection]')) {
      button.toggleAttribute('disabled', !isUp)
    }
    byId('disconnect', HTMLButtonElement).disabled = state === 'closed'
  }

  #showSession({ user_id, namespace, node, epoch, offset }: ReadyPayload) {
    for (const [name, value] of Object.entries({ user: user_id, namespace, node, epoch, offset })) showFact(name, value)
  }
}

function showFact(name: string, value: string | number) {
  byId(`fact-${name}`, HTMLElement).textContent = String(value)
}
