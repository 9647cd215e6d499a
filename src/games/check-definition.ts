import { GAME_NAME } from '../protocol/ids.ts'
/** All mistakes in what was given to `defineGame`. A game may be plain JavaScript, so the type proves nothing. */
export function mistakesIn(definition: unknown): readonly string[] {
  if (!isRecord(definition)) return ['it is not an object']
  const mistakes: string[] = []
  const say = (mistake: string) => void mistakes.push(mistake)
  checkHead(definition, say)
  checkSeats(definition, say)
  checkInputs(definition, say)
  checkNames(definition, say)
  checkCallbacks(definition, say)
  return mistakes
}

type Fields = Readonly<Record<string, unknown>>
type Say = (mistake: string) => void

/** The form of names of inputs, events, timers, tasks and bots. */
const PART_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/
const HZ_MAX = 120
const SEATS_MAX = 1000
const PER_SECOND_MAX = 1000
const HOLD_MS_MAX = 24 * 3600 * 1000

const CALLBACKS = ['create', 'join', 'drop', 'back', 'leave', 'bought', 'tick', 'over', 'listing'] as const
const TABLES = ['on', 'timers', 'tasks', 'results', 'bots'] as const
const HEAD = [
  'name',
  'version',
  'hz',
  'seats',
  'maxMs',
  'record',
  'options',
  'state',
  'inputs',
  'events',
  'refusals',
] as const
export const FIELDS: ReadonlySet<string> = new Set([...HEAD, ...CALLBACKS, ...TABLES, 'view', 'migrate'])
export const SEAT_FIELDS: ReadonlySet<string> = new Set([
  'min',
  'max',
  'holdMs',
  'lateJoin',
  'spectators',
  'guests',
  'fill',
  'standIn',
])
export const FILL_FIELDS: ReadonlySet<string> = new Set(['afterMs', 'bot', 'to'])

function checkHead(definition: Fields, say: Say): void {
  const { name, version, hz, maxMs, record } = definition
  for (const field of Object.keys(definition)) if (!FIELDS.has(field)) say(`${field}: there is no such field`)
  if (typeof name !== 'string' || !GAME_NAME.test(name)) say('name: 1 to 32 of a-z, 0-9 and -, a letter first')
  if (!isInteger(version, 1, 2 ** 31)) say('version: an integer from 1')
  if (!isInteger(hz, 0, HZ_MAX)) say(`hz: an integer from 0 to ${HZ_MAX}`)
  if (maxMs !== undefined && !isInteger(maxMs, 1000, Number.MAX_SAFE_INTEGER)) say('maxMs: at least 1000')
  if (record !== undefined && typeof record !== 'boolean') say('record: true or false')
  if (definition['state'] !== undefined) {
    const kind: unknown = isRecord(definition['state']) ? definition['state']['kind'] : undefined
    if (kind !== 'object' && kind !== 'map' && kind !== 'json') say('state: t.object, t.map or t.json')
  }
}

function checkSeats({ seats, bots }: Fields, say: Say): void {
  if (!isRecord(seats)) {
    say('seats: an object with max')
    return
  }
  const { min = 1, max, holdMs = 0, fill, standIn } = seats
  for (const field of Object.keys(seats)) if (!SEAT_FIELDS.has(field)) say(`seats.${field}: there is no such field`)
  if (!isInteger(max, 1, SEATS_MAX)) say(`seats.max: an integer from 1 to ${SEATS_MAX}`)
  else if (!isInteger(min, 0, max)) say('seats.min: an integer from 0 to max')
  if (!isInteger(holdMs, 0, HOLD_MS_MAX)) say('seats.holdMs: 0 to a day')
  for (const flag of ['lateJoin', 'spectators', 'guests']) {
    if (seats[flag] !== undefined && typeof seats[flag] !== 'boolean') say(`seats.${flag}: true or false`)
  }
  if (fill !== undefined) checkFill(fill, max, bots, say)
  if (standIn !== undefined && !isBot(bots, standIn)) say(`seats.standIn: ${oneOfBots(bots)}`)
}

function checkFill(fill: unknown, max: unknown, bots: unknown, say: Say): void {
  if (!isRecord(fill)) {
    say('seats.fill: { afterMs, bot }')
    return
  }
  const { afterMs, bot, to } = fill
  for (const field of Object.keys(fill)) if (!FILL_FIELDS.has(field)) say(`seats.fill.${field}: there is no such field`)
  if (!isInteger(afterMs, 0, HOLD_MS_MAX)) say('seats.fill.afterMs: 0 to a day')
  if (!isBot(bots, bot)) say(`seats.fill.bot: ${oneOfBots(bots)}`)
  if (to !== undefined && !isInteger(to, 1, typeof max === 'number' ? max : SEATS_MAX))
    say('seats.fill.to: an integer from 1 to max')
}

function oneOfBots(bots: unknown): string {
  const names = isRecord(bots) ? Object.keys(bots) : []
  return names.length === 0 ? 'one of bots, and there are none' : `one of bots: ${names.join(', ')}`
}

function isBot(bots: unknown, name: unknown): boolean {
  return isRecord(bots) && typeof name === 'string' && Object.hasOwn(bots, name)
}

function checkInputs({ inputs = {}, on = {} }: Fields, say: Say): void {
  if (!isRecord(inputs) || !isRecord(on)) {
    say('inputs and on: objects with the same keys')
    return
  }
  for (const [name, input] of Object.entries(inputs)) {
    if (!isRecord(input) || !isValidator(input['type'])) {
      say(`inputs.${name}: { type }, a type of t or a Standard Schema`)
      continue
    }
    const { keep = 'all', perSecond = 1 } = input
    if (keep !== 'all' && keep !== 'latest') say(`inputs.${name}.keep: all or latest`)
    if (!isInteger(perSecond, 1, PER_SECOND_MAX))
      say(`inputs.${name}.perSecond: an integer from 1 to ${PER_SECOND_MAX}`)
    if (typeof on[name] !== 'function') say(`on.${name}: must be a function, because inputs.${name} is declared`)
  }
  for (const name of Object.keys(on))
    if (!Object.hasOwn(inputs, name)) say(`inputs.${name}: is missing, because on.${name} is there`)
}

function checkNames(definition: Fields, say: Say): void {
  for (const table of ['inputs', 'events', 'timers', 'tasks', 'bots']) {
    const names = definition[table]
    if (names === undefined) continue
    if (!isRecord(names)) say(`${table}: an object`)
    else
      for (const name of Object.keys(names)) {
        if (!PART_NAME.test(name)) say(`${table}.${name}: a name is 1 to 32 letters, digits and _, a letter first`)
      }
  }
  const { events, options, refusals } = definition
  if (isRecord(events)) {
    for (const [name, type] of Object.entries(events)) if (!isType(type)) say(`events.${name}: a type of t`)
  }
  if (options !== undefined && !isValidator(options)) say('options: a type of t or a Standard Schema')
  if (refusals === undefined) return
  for (const [code, message] of Object.entries(isRecord(refusals) ? refusals : { refusals })) {
    if (typeof message !== 'string') say(`refusals.${code}: what it means, a string`)
  }
}

function checkCallbacks(definition: Fields, say: Say): void {
  if (typeof definition['create'] !== 'function') say('create: a function that returns the first state')
  for (const name of CALLBACKS) {
    if (definition[name] === undefined) continue
    if (typeof definition[name] !== 'function') say(`${name}: a function`)
    else if (isAsync(definition[name])) say(`${name}: not async: what takes time is a task`)
  }
  for (const table of TABLES) {
    const functions = definition[table]
    if (!isRecord(functions)) continue
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value !== 'function') say(`${table}.${name}: a function`)
      else if (table !== 'tasks' && isAsync(value)) say(`${table}.${name}: not async: what takes time is a task`)
    }
  }
  const { tick, hz, view, migrate, results, tasks } = definition
  if (tick !== undefined && hz === 0) say('tick: is never called if hz is 0')
  if (
    view !== undefined &&
    !(isRecord(view) && typeof view['key'] === 'function' && typeof view['of'] === 'function')
  ) {
    say('view: { key, of }, two functions')
  }
  if (isRecord(results)) {
    for (const name of Object.keys(results)) {
      if (!isRecord(tasks) || tasks[name] === undefined) say(`results.${name}: there is no such task`)
    }
  }
  if (migrate !== undefined && !isRecord(migrate)) say('migrate: functions by version')
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

function isType(value: unknown): boolean {
  return isRecord(value) && typeof value['kind'] === 'string'
}

function isValidator(value: unknown): boolean {
  return isType(value) || ((isRecord(value) || typeof value === 'function') && '~standard' in value)
}

function isAsync(value: object): boolean {
  return value.constructor?.name === 'AsyncFunction'
}
