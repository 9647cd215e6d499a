import type { Page } from '../protocol/page.ts'
import { parseMessage } from './actions.ts'
import type { Admin } from './admin.ts'
import { openDialog } from './dialog.ts'
import { byId, onClick, onSubmit, showFacts, showOutcome } from './dom.ts'
import { amountText, describe, type Outcome } from './outcome.ts'
import { Pager } from './paged.ts'
import type { Config, Connection, Room, RoomState } from './rest.ts'
import { Table } from './table.ts'
import { momentText } from './units.ts'
import { View } from './view.ts'

interface NewRoom {
  readonly room_id: string
  readonly namespace: string
  readonly capacity: number | null
  readonly delivery: string
}

const REFRESH_MS = 3_000
const ROOM_ID = '[A-Za-z0-9_.:\\-]{1,64}'

/** Shows the rooms, and one of them with its members and its state. */
export class RoomsView extends View {
  readonly #admin: Admin
  readonly #pager = new Pager('rooms', () => this.refresh())
  readonly #memberPager = new Pager('connections in the room', () => this.refresh())
  #opened = ''
  readonly #table = new Table('Rooms', {
    id: 'rooms-table',
    keyOf: ({ room_id }: Room) => room_id,
    columns: [
      {
        title: 'Room',
        text: ({ room_id }) => room_id,
        isHeading: true,
        isMono: true,
        onOpen: ({ room_id }) => this.#open(room_id),
      },
      { title: 'Namespace', text: ({ namespace }) => namespace },
      { title: 'Members', text: ({ members }) => amountText(members), isNumber: true },
      { title: 'Capacity', text: ({ capacity }) => amountText(capacity), isNumber: true },
      { title: 'Delivery', text: ({ delivery }) => delivery ?? 'must' },
    ],
    empty: 'There are no rooms.',
  })
  readonly #members = new Table('Connections in the room', {
    id: 'the-room-members',
    keyOf: ({ connection_id }: Connection) => connection_id,
    columns: [
      { title: 'User', text: ({ user_id }) => user_id, isHeading: true, isMono: true },
      { title: 'Node', text: ({ node, worker }) => `${node} / ${worker}` },
      { title: 'Since', text: ({ opened_at }) => momentText(opened_at) },
      { title: 'Address', text: ({ address }) => address, isMono: true },
    ],
    empty: 'Nobody is in it.',
  })

  constructor(admin: Admin) {
    super(REFRESH_MS)
    this.#admin = admin
    byId('rooms-list', HTMLElement).append(this.#table.element, this.#pager.element)
    byId('the-room-list', HTMLElement).append(this.#members.element, this.#memberPager.element)
    onSubmit('room-open-form', () => this.#open(byId('room-open-id', HTMLInputElement).value.trim()))
    onClick('rooms-make', () => void this.#make())
    onClick('the-room-delete', () => this.#delete())
    onClick('the-room-broadcast', () => this.#broadcast())
    admin.onToken(() => this.#forget())
  }

  /** Hides what an admin token gave access to, when the token changes. */
  #forget() {
    this.#close()
    this.#pager.reset()
    this.#table.show([])
    showOutcome('the-room-outcome', 'ok', '')
    this.refresh()
  }

  #close() {
    this.#opened = ''
    this.#members.show([])
    showFacts('the-room-facts', {})
    byId('the-room-state', HTMLPreElement).textContent = ''
    byId('the-room', HTMLElement).hidden = true
    byId('the-room-title', HTMLElement).textContent = 'A room'
    showOutcome('the-room-status', 'ok', '')
  }

  #open(room: string) {
    this.#opened = room
    this.#memberPager.reset()
    showOutcome('the-room-outcome', 'ok', '')
    this.refresh()
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    const outcome = await this.#admin.read<Page<Room>>(`/api/v1/rooms?${this.#pager.query()}`)
    if (!isCurrent()) return outcome
    showOutcome('rooms-status', 'failed', describe(outcome, ''))
    if (!outcome.success) return outcome
    this.#pager.show(this.#table, outcome.data)
    if (this.#opened !== '') await this.#readOne(isCurrent)
    return outcome
  }

  async #readOne(isCurrent: () => boolean) {
    const room = this.#opened
    const [found, members] = await Promise.all([
      this.#admin.read<RoomState>(`/api/v1/rooms/${encodeURIComponent(room)}`),
      this.#admin.read<Page<Connection>>(`/api/v1/connections?${this.#memberPager.query({ room })}`),
    ])
    if (!isCurrent()) return
    byId('the-room-title', HTMLElement).textContent = `Room ${room}`
    byId('the-room', HTMLElement).hidden = !found.success
    const trouble = found.success ? members : found
    showOutcome('the-room-status', 'failed', describe(trouble, ''))
    if (!found.success) return
    const { namespace, members: count, capacity, delivery, offset, state } = found.data
    showFacts('the-room-facts', {
      Namespace: namespace,
      Members: `${amountText(count)} of ${amountText(capacity)}`,
      Delivery: delivery ?? 'must',
      'State as of': String(offset),
    })
    const text = state === null ? 'No state is retained.' : JSON.stringify(state, null, 2)
    const place = byId('the-room-state', HTMLPreElement)
    if (place.textContent !== text) place.textContent = text
    if (!members.success) return
    this.#memberPager.show(this.#members, members.data)
  }

  async #make() {
    const config = await this.#admin.read<Config>('/api/v1/config')
    if (!config.success) return showOutcome('rooms-status', 'failed', describe(config, ''))
    const namespaces = ['NAMESPACE_PRIVATE', 'NAMESPACE_GUEST'].flatMap((name) => {
      return config.data.settings.flatMap((setting) => (setting.name === name ? [setting.value as string] : []))
    })
    openDialog({
      title: 'Make a room',
      text: 'The room stays until it is deleted. If a room of this name exists, it gets this definition and keeps its members.',
      action: 'Make the room',
      fields: [
        { name: 'room_id', label: 'Room', pattern: ROOM_ID, hint: '1 to 64 characters of A-Z a-z 0-9 _ . : -' },
        { name: 'namespace', label: 'Namespace', type: 'select', options: namespaces },
        {
          name: 'capacity',
          label: 'Capacity',
          type: 'number',
          min: 1,
          isOptional: true,
          hint: 'If this is empty, the server’s ROOM_CAPACITY applies.',
        },
        { name: 'delivery', label: 'Delivery', type: 'select', options: ['must', 'latest'] },
      ],
      run: ({ capacity, ...room }: NewRoom) =>
        this.#admin.changeOnce('/api/v1/rooms', capacity === null ? room : { ...room, capacity }),
      done: (_, { room_id: room }) => {
        this.#open(room)
        showOutcome('the-room-outcome', 'ok', `Room ${room} was made.`)
      },
    })
  }

  #delete() {
    const room = this.#opened
    openDialog({
      title: `Delete room ${room}?`,
      text: 'Its members leave, and its retained state is deleted.',
      action: 'Delete the room',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', `/api/v1/rooms/${encodeURIComponent(room)}`),
      done: () => {
        this.#close()
        showOutcome('the-room-outcome', 'ok', `Room ${room} was deleted.`)
        this.refresh()
      },
    })
  }

  #broadcast() {
    const room = this.#opened
    openDialog({
      title: `Broadcast to room ${room}`,
      text: 'The server sends it to every member.',
      action: 'Broadcast',
      fields: [
        {
          name: 'message',
          label: 'Message',
          type: 'textarea',
          hint: 'Sent as text, or as JSON if it is a JSON object or array.',
        },
        { name: 'retain', label: 'Retain as the state of the room', type: 'checkbox' },
      ],
      run: ({ message, retain }: { message: string; retain: boolean }) => this.#say(room, message, retain),
      done: ({ offset }) => showOutcome('the-room-outcome', 'ok', `Broadcast at offset ${offset}.`),
    })
  }

  async #say(room: string, message: string, retain: boolean): Promise<Outcome<{ offset: number }>> {
    const found = await this.#admin.read<RoomState>(`/api/v1/rooms/${encodeURIComponent(room)}`)
    if (!found.success) return found
    return this.#admin.changeOnce('/api/v1/broadcast', {
      namespace: found.data.namespace,
      room,
      message: parseMessage(message),
      retain,
    })
  }
}
