/**
 * The types that shapes carry: tsc checks this file, and nothing runs it. Each `@ts-expect-error` is a line that has to be a mistake.
 */
import type { JsonObject } from '../../src/protocol/events.ts'
import {
  choice,
  flag,
  integer,
  listOf,
  named,
  nullable,
  object,
  optional,
  pageOf,
  recordOf,
  ref,
  text,
  type ValueOf,
} from '../../src/protocol/shapes/build.ts'
import type { DataOf, PayloadOf } from '../../src/protocol/shapes/commands.ts'
import type { Receipt } from '../../src/protocol/shapes/shop.ts'

/** `true` if a value of each is one of the other. */
type Same<A, B> = [A, B] extends [B, A] ? true : false

const SHIP = named(
  'Ship',
  object({
    name: text('What it is called.'),
    crew: optional(integer('Who is on it.')),
    port: nullable(text('null: at sea')),
    sails: listOf(choice(['up', 'down'])),
    cargo: optional(nullable(recordOf(integer('Of each.')))),
    isOurs: flag('Whether it is.'),
  }),
)
interface Ship {
  readonly name: string
  readonly crew?: number
  readonly port: string | null
  readonly sails: readonly ('up' | 'down')[]
  readonly cargo?: Readonly<Record<string, number>> | null
  readonly isOurs: boolean
}
declare const ship: Ship
declare const shaped: ValueOf<typeof SHIP>

export function fieldsAreWhatTheShapeSays(): void {
  const same: [
    Same<ValueOf<typeof SHIP>['crew'], number | undefined>,
    Same<ValueOf<typeof SHIP>['cargo'], Readonly<Record<string, number>> | null | undefined>,
    Same<ValueOf<typeof SHIP>['sails'], readonly ('up' | 'down')[]>,
  ] = [true, true, true]
  const there: Ship = shaped
  const back: ValueOf<typeof SHIP> = ship
  // @ts-expect-error a field that is missing
  const less: ValueOf<typeof SHIP> = { name: 'x', port: null, sails: [] }
  // @ts-expect-error undefined is no value of an optional field
  const none: ValueOf<typeof SHIP> = { ...ship, crew: undefined }
  // @ts-expect-error a field that the shape does not have
  const more: ValueOf<typeof SHIP> = { ...ship, name: 'x', sunk: true }
  // @ts-expect-error another value than those of the choice
  const other: ValueOf<typeof SHIP> = { ...ship, sails: ['half'] }
  void [same, there, back, less, none, more, other]
}

const FLEET = object({ flagship: ref(SHIP), ships: pageOf(ref(SHIP)) })
const NOTE = object(
  { to: text('Whom.'), text: text('For people.'), data: integer('For programs.') },
  { oneOf: ['text', 'data'] },
)

export function aReferenceHasTheTypeOfWhatItNames(): void {
  const same: [
    Same<ValueOf<typeof FLEET>['flagship'], ValueOf<typeof SHIP>>,
    Same<ValueOf<typeof FLEET>['ships']['items'][number]['port'], string | null>,
  ] = [true, true]
  void same
}

export function exactlyOneIsAUnion(): void {
  const note: ValueOf<typeof NOTE>[] = [
    { to: 'bob', text: 'hello' },
    { to: 'bob', data: 1 },
  ]
  // @ts-expect-error none of the two
  note.push({ to: 'bob' })
  // @ts-expect-error a name that is no field
  object({ a: text('x') }, { oneOf: ['b'] })
}

export function requestsAndRepliesAreTyped(receipt: Receipt): JsonObject {
  const same: [Same<DataOf<'buyGood'>, Receipt>, Same<PayloadOf<'presenceList'>['cursor'], string | null | undefined>] =
    [true, true]
  void same
  // A value of a shape is a JSON object.
  return receipt
}
