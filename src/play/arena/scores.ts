import { byId, element } from '../../console/dom.ts'
import type arena from '../../samples/arena.ts'
import type { RoomOf } from '../match.ts'

/** The scores, the best first. The list is rebuilt only if something in it has changed. */
export class Scores {
  readonly #list = byId('scores', HTMLOListElement)
  #shown = ''

  show({ state, seats, seat: own }: RoomOf<typeof arena>): void {
    const all = Object.entries(state.ships)
      .sort(([, a], [, b]) => b.score - a.score)
      .map(([id, { name, score, color, isGolden }]) => {
        const isAway = seats[id]?.is_connected === false
        return { id, name, score, color, isGolden, isAway }
      })
    const shown = JSON.stringify(all)
    if (shown === this.#shown) return
    this.#shown = shown
    const lines = all.map(({ id, name, score, color, isGolden, isAway }) => {
      const look = { 'data-color': String(color), 'data-golden': String(isGolden) }
      const dot = element('span', { class: 'dot', ...look, 'aria-hidden': 'true' })
      const golden = isGolden ? [element('span', { class: 'unseen' }, ' (golden ship)')] : []
      const who = element('span', { class: 'who' }, name, id === own ? ' (you)' : isAway ? ' (away)' : '', ...golden)
      return element('li', {}, dot, who, element('b', {}, String(score)))
    })
    this.#list.replaceChildren(...lines)
  }
}
