import {
  GameClient,
  type GameRoom,
  type RoomChange,
  type StatusChange,
  type TypesIn,
  type Where,
} from '../client/index.ts'
import { byId, element, onSubmit } from '../console/dom.ts'
import { API_PATH_PREFIX, serverUrl } from '../console/server-url.ts'

export type RoomOf<Game> = GameRoom<TypesIn<Game>>

/** What differs from game to game. The rest finds, keeps and ends matches. */
export interface MatchPage<Game> {
  readonly game: string
  /** Which matches may be joined, by the fields that the game lists. */
  readonly where: Where<TypesIn<Game>['listing']>
  /** The player's token. If it is empty or not given, the player is a guest. */
  token?(): string
  /** From now on this client plays the matches. */
  connected?(client: GameClient, isGuest: boolean): void
  /**
   * The player is in a match, under this name unless it is empty. `signal` is aborted when the match is over, or the player is
   * out of it.
   */
  begin(room: RoomOf<Game>, name: string, signal: AbortSignal): void
  /** Describes the result that the game gave: a headline, and a line for each player or none. */
  describeEnd(room: RoomOf<Game>): { readonly title: string; readonly lines?: readonly string[] }
}

/** How long it is shown that the match went on after a fault of the server. */
const TOLD_MS = 4_000
const PAUSED = 'Paused: the server is late.'
const RESTARTED = 'The match was restarted, and goes on.'
const NO_RESULT = { title: 'The match was ended', lines: [] }

/**
 * Finds a match when the player asks for one, shows how it stands, and offers another one at its end. The client library
 * reconnects by itself, and keeps the room meanwhile.
 */
export class Match<Game> {
  readonly #page: MatchPage<Game>
  #client: GameClient | undefined
  /** The token that `#client` has. Empty for a guest. */
  #token = ''
  #room: RoomOf<Game> | undefined
  #end = new AbortController()
  #name = ''

  constructor(page: MatchPage<Game>) {
    this.#page = page
  }

  /** Makes the page's form work. */
  offer(): void {
    onSubmit('start', () => this.#play())
    // Before this, a click would be lost.
    byId('play', HTMLButtonElement).disabled = false
    // A player who leaves the page for good should not keep others waiting.
    addEventListener('pagehide', () => void this.#room?.leave().catch(ignore))
  }

  async #play(): Promise<void> {
    this.#name = byId('name', HTMLInputElement).value.trim()
    const { game, where } = this.#page
    byId('panel', HTMLElement).hidden = true
    notice('Looking for a match…')
    try {
      const room = await this.#connected().play<Game>(game, { where })
      notice('')
      this.#begin(room)
    } catch (error) {
      notice('')
      showPanel('There is no match', [messageOf(error)])
    }
  }

  /** Without a token each page gets a guest of its own, so that two tabs are two players. */
  #connected(): GameClient {
    const token = this.#page.token?.() ?? ''
    if (this.#client && this.#client.status !== 'closed' && token === this.#token) return this.#client
    this.#client?.close()
    const server = { url: serverUrl('/').href, apiPathPrefix: API_PATH_PREFIX }
    const isGuest = token === ''
    const who = isGuest ? { namespace: 'public' } : { namespace: 'private', token }
    const client = new GameClient({ ...server, ...who })
    client.on('status', (change) => this.#connectionChanged(change))
    client.connect().catch(ignore) // the client's status says the same
    this.#client = client
    this.#token = token
    this.#page.connected?.(client, isGuest)
    return client
  }

  #begin(room: RoomOf<Game>): void {
    this.#end = new AbortController()
    const { signal } = this.#end
    this.#room = room
    room.on('status', (change) => this.#roomChanged(room, change), { signal })
    this.#page.begin(room, this.#name, signal)
  }

  #connectionChanged(change: StatusChange): void {
    if (change.status === 'ready' && this.#room) notice('')
    if (change.status === 'reconnecting') {
      notice(`The connection is lost. Trying again in ${Math.ceil(change.retryInMs / 1_000)} s…`)
    }
    if (change.status === 'closed' && this.#room) {
      this.#leave('The connection is lost', [messageOf(change.error)])
    }
  }

  #roomChanged(room: RoomOf<Game>, { status, why, error }: RoomChange): void {
    switch (status) {
      case 'paused':
        return notice(PAUSED)
      case 'running':
        return forget(PAUSED)
      case 'restarted':
      case 'moved':
        notice(RESTARTED)
        setTimeout(() => forget(RESTARTED), TOLD_MS)
        return
      case 'reseated':
        // The seat was held too long. This is a new seat, which has no name yet.
        this.#end.abort()
        return this.#begin(room)
      case 'over': {
        // If there is no result, an operator or a fault has ended the match.
        const { title, lines } = room.result ? this.#page.describeEnd(room) : NO_RESULT
        return this.#leave(title, lines)
      }
      case 'left':
        return this.#leave('You are out of the match', [error?.message ?? why ?? ''])
    }
  }

  #leave(title: string, lines: readonly string[] = []): void {
    this.#room = undefined
    this.#end.abort()
    for (const id of ['notice', 'hint', 'time']) show(id, '')
    showPanel(title, lines)
  }
}

/** Shows a text for a moment. An empty text shows nothing. */
export function notice(text: string): void {
  show('notice', text)
}

/** Hides the text, unless another one is shown meanwhile. */
function forget(text: string): void {
  if (byId('notice', HTMLElement).textContent === text) notice('')
}

/** Leaves an equal text alone, because screen readers read a new text aloud. */
export function show(id: string, text: string): void {
  const line = byId(id, HTMLElement)
  if (line.textContent !== text) line.textContent = text
}

/** For a refused input the text is the game's own. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

/** For errors that are reported elsewhere. */
export function ignore(): void {}

function showPanel(title: string, lines: readonly string[]): void {
  const headline = byId('panel-title', HTMLElement)
  headline.textContent = title
  byId('panel-lines', HTMLElement).replaceChildren(...lines.map((line) => element('li', {}, line)))
  byId('play', HTMLButtonElement).textContent = 'Play again'
  byId('who', HTMLElement).hidden = true
  const panel = byId('panel', HTMLElement)
  panel.dataset['end'] = 'true'
  panel.hidden = false
  // Not the button: a key that is still held down would press it.
  headline.focus()
}
