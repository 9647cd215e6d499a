import { DrumbeatError, type GameClient } from '../../client/index.ts'
import { byId } from '../../console/dom.ts'
import { serverUrl } from '../../console/server-url.ts'
import type { Good } from '../../console/rest.ts'
import type arena from '../../samples/arena.ts'
import { SKIN } from '../../samples/arena.ts'
import { messageOf, show, type RoomOf } from '../match.ts'

/**
 * Sells the golden ship to players with an account, and shows what matches have paid. Guests have no money, so they see nothing
 * of it.
 */
export class Shop {
  readonly #button = byId('buy', HTMLButtonElement)
  #client: GameClient | undefined
  #good: Good | undefined
  /** The player's money after the last reward or purchase. Empty before the first one, because players cannot ask for it. */
  #wallet = ''

  constructor() {
    this.#button.addEventListener('click', () => void this.#buy())
  }

  open(client: GameClient): void {
    this.#client = client
    client.on('core.game.room.reward', ({ payload: { amount, currency, balance } }) => {
      this.#wallet = `${balance} ${currency}`
      say(`The match has paid ${amount} ${currency}. You have ${balance}.`)
    })
    void this.#readGood()
  }

  /** Another match begins. What the last one has paid is no longer shown. */
  begin(): void {
    say(this.#wallet && `You have ${this.#wallet}.`)
  }

  close(): void {
    this.#client = undefined
    this.#wallet = ''
    this.#button.hidden = true
    say('')
  }

  /** @param room undefined if there is no ship to paint now */
  show(room: RoomOf<typeof arena> | undefined): void {
    const ship = room?.state.ships[room.seat ?? '']
    this.#button.hidden = !this.#client || !this.#good || !ship || ship.isGolden
  }

  async #readGood(): Promise<void> {
    const response = await fetch(serverUrl(`/api/v1/goods/${SKIN}`)).catch(() => undefined)
    // Not every server sells it.
    if (response?.ok !== true) return
    this.#good = (await response.json()) as Good
    this.#button.textContent = `${this.#good.name}: ${this.#good.price} ${this.#good.currency}`
  }

  async #buy(): Promise<void> {
    if (!this.#client || !this.#good) return
    this.#button.disabled = true
    say('')
    try {
      const { balance, currency } = await this.#client.buyGood({ goodId: SKIN, expectedPrice: this.#good.price })
      this.#wallet = `${balance} ${currency}`
      say(`Your ship is golden. You have ${this.#wallet} left.`)
    } catch (error) {
      say(whyNot(error))
    }
    this.#button.disabled = false
  }
}

function say(text: string): void {
  show('shop', text)
}

function whyNot(error: unknown): string {
  if (!(error instanceof DrumbeatError) || error.code !== 'INSUFFICIENT_FUNDS') return messageOf(error)
  const { balance, total } = error.details
  return `Not enough money: you have ${String(balance)} of ${String(total)}.`
}
