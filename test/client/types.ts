/**
 * What the client's types take and refuse: tsc checks this file, and nothing runs it. Each `@ts-expect-error` is a line that has to be a
 * mistake.
 */
import {
  EVENT,
  type BroadcastOf,
  type EventMap,
  type GameClient,
  type GameEvent,
  type GameRoom,
  type JsonValue,
  type SendMessageOf,
} from '../../src/client/index.ts'

interface Point {
  readonly x: number
  y?: number
  readonly tags: readonly string[]
  readonly inner: { readonly deep: Point | null }
  readonly pair: [number, string]
}
interface Tree {
  readonly children: Tree[]
}
type Alias = { readonly x: number }
class Vector {
  readonly x = 1
}

declare const plain: GameClient
declare const point: Point
declare const tree: Tree
declare const alias: Alias
declare const json: JsonValue

export function takesWhatJsonCanSay(): void {
  void plain.broadcast(point)
  void plain.broadcast([point, null, 1, 'x', true])
  void plain.broadcast(tree)
  void plain.broadcast(alias)
  void plain.broadcast(json)
  void plain.broadcast(null)
  void plain.broadcast({ x: 3, maybe: undefined })
  void plain.broadcast(new Vector())
  void plain.sendMessage('bob', { data: point })
  void plain.sendMessage('bob', { text: 'x' })
  void plain.sendMessage('bob', 'x')
  void plain.join('arena', { options: point })
  void plain.request(EVENT.broadcast, { message: point })
  void plain.request(EVENT.roomInput, { name: 'turn', input: point })
  void plain.request(EVENT.buyGood, { good_id: 'sword', count: 1 })
  void plain.request(EVENT.sessionPing, {})
}

export function refusesWhatJsonCannotSay(): void {
  // @ts-expect-error a function
  void plain.broadcast(() => 1)
  // @ts-expect-error a function in it
  void plain.broadcast({ x: () => 1 })
  // @ts-expect-error a date
  void plain.broadcast(new Date())
  // @ts-expect-error a date in an interface
  void plain.broadcast({ point, at: new Date() })
  // @ts-expect-error a bigint
  void plain.broadcast({ x: 1n })
  // @ts-expect-error undefined in an array
  void plain.broadcast([1, undefined])
  // @ts-expect-error undefined alone
  void plain.broadcast(undefined)
  // @ts-expect-error a map
  void plain.broadcast(new Map([['x', 1]]))
  // @ts-expect-error bytes
  void plain.broadcast({ bytes: new Uint8Array(1) })
  // @ts-expect-error a symbol
  void plain.broadcast({ x: Symbol('x') })
  // @ts-expect-error what may be anything
  void plain.broadcast({} as unknown)
  // @ts-expect-error a date in a message
  void plain.sendMessage('bob', { data: { at: new Date() } })
  // @ts-expect-error a function in a room's options
  void plain.join('arena', { options: { call: () => 1 } })
  // @ts-expect-error a bigint in a request
  void plain.request(EVENT.broadcast, { message: 1n })
  // @ts-expect-error a field that is missing
  void plain.request(EVENT.buyGood, { good_id: 'sword' })
}

interface Events extends EventMap {
  readonly [EVENT.broadcast]: BroadcastOf<Point>
  readonly [EVENT.sendMessage]: SendMessageOf<Point>
}
declare const typed: GameClient<Events>

export function aGameHasItsOwnTypes(): void {
  void typed.broadcast(point)
  // @ts-expect-error another type
  void typed.broadcast({ z: 1 })
  // @ts-expect-error more than the type has
  void typed.broadcast({ ...point, z: 1, tags: 7 })
  typed.on(EVENT.broadcast, ({ payload }) => {
    const at: Point = payload.message
    const plain: GameClient = typed
    // @ts-expect-error a field that it does not have
    return [at, plain, payload.message.z]
  })
  typed.on(EVENT.sendMessage, ({ payload }) => payload.data.x)
  typed.state('arena').subscribe((state) => state?.inner.deep?.x)
  const wide: (event: GameEvent) => void = (event) => event.payload
  typed.on('*', wide)
}

export function whatAGameDoesNotSayIsJson(): void {
  plain.on(EVENT.broadcast, ({ payload }) => {
    const message: JsonValue = payload.message
    return message
  })
  plain.on(EVENT.sendMessage, ({ payload }) => {
    const data: JsonValue | undefined = 'data' in payload ? payload.data : undefined
    return data
  })
  plain.state().subscribe((state: JsonValue) => state)
}

interface BroadcastsOnly extends EventMap {
  readonly [EVENT.broadcast]: BroadcastOf<Alias>
}
declare const some: GameClient<BroadcastsOnly>

export function whatAGameOnlySaysInPartIsJsonInTheRest(): void {
  some.on(EVENT.sendMessage, ({ payload }) => {
    const data: JsonValue | undefined = 'data' in payload ? payload.data : undefined
    return data
  })
  const any: GameClient = some
  void any
}

interface BadEvents extends EventMap {
  readonly [EVENT.broadcast]: BroadcastOf<{ readonly at: Date }>
}
declare const bad: GameClient<BadEvents>

export function aGameCannotMeanADate(): void {
  // @ts-expect-error no date fits
  void bad.broadcast({ at: new Date() })
}

interface Arena {
  readonly state: { ships: Record<string, { x: number }> }
  readonly options: unknown
  readonly inputs: Readonly<Record<string, unknown>>
  readonly events: Readonly<Record<string, unknown>>
  readonly refusal: string
  readonly listing: unknown
}
declare const room: GameRoom<Arena>

export function aViewIsOfTheRoomsState(): void {
  const view = room.interpolated(100, { 'ships.*.heading': 360, 'ships.*.x': false })
  const x: number | undefined = view.at().ships['ann']?.x
  void x
  // @ts-expect-error a view is only looked at
  view.at().ships['ann'] = { x: 1 }
  // @ts-expect-error neither a turn nor whether it moves
  room.interpolated(100, { 'ships.*.x': 'yes' })
}
