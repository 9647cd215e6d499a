import { byId } from './dom.ts'
import type { View } from './view.ts'

/**
 * Shows one view at a time, each with a tab, at `#/`, `#/rooms` and so on. The address is the state, so a view can be bookmarked, and
 * the browser's Back works. What follows in the address, as in `#/games/arena`, is for the view.
 */
export class Router {
  readonly #tabs: HTMLAnchorElement[] = Array.from(document.querySelectorAll('a[role="tab"]'))
  readonly #views: Readonly<Record<string, View>>
  #shown = ''

  /** @param views the views by name, as in the ids `tab-NAME` and `view-NAME` */
  constructor(views: Readonly<Record<string, View>>) {
    this.#views = views
    for (const tab of this.#tabs) {
      tab.addEventListener('keydown', (event) => this.#move(event, tab))
      tab.addEventListener('focus', () => tab.scrollIntoView({ block: 'nearest', inline: 'nearest' }))
    }
    byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
      // The address names the view, so the link cannot use an anchor.
      event.preventDefault()
      byId(`view-${this.#shown}`, HTMLElement).focus()
    })
  }

  start() {
    window.addEventListener('hashchange', () => this.#go())
    this.#go()
  }

  #go() {
    const [, view = '', place = ''] = /^#\/([^/]*)\/?(.*)$/.exec(location.hash) ?? []
    const found = this.#tabs.find((tab) => tab.hash.split('/')[1] === view)
    const wanted = found ?? this.#tabs[0]
    if (wanted === undefined) return
    // A tab leads back to the place where the user was in its view.
    if (found && location.hash !== '') found.hash = location.hash
    const name = wanted.id.replace('tab-', '')
    this.#views[name]?.go(place)
    if (name === this.#shown) return
    for (const tab of this.#tabs) {
      const isWanted = tab === wanted
      tab.setAttribute('aria-selected', String(isWanted))
      tab.tabIndex = isWanted ? 0 : -1
      byId(`view-${tab.id.replace('tab-', '')}`, HTMLElement).hidden = !isWanted
    }
    document.title = `${wanted.textContent} · Drumbeat console`
    this.#views[this.#shown]?.hide()
    this.#shown = name
    this.#views[name]?.show()
  }

  #move(event: KeyboardEvent, from: HTMLAnchorElement) {
    const at = this.#tabs.indexOf(from)
    const last = this.#tabs.length - 1
    const places: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
      ' ': at,
    }
    const to = this.#tabs[places[event.key] ?? -1]
    if (to === undefined) return
    event.preventDefault()
    to.focus()
    location.hash = to.hash
  }
}
