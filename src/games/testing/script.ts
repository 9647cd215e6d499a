import type { Json } from '../definition.ts'
import type { Simulation } from './simulation.ts'

/** Something that is sent to a room: a method of `Simulation`, and what it is given. */
export type Action =
  | { readonly kind: 'join'; readonly user: string; readonly guest: boolean }
  | { readonly kind: 'drop' | 'back' | 'leave'; readonly user: string }
  | { readonly kind: 'input'; readonly user: string; readonly name: string; readonly value: unknown }
  | { readonly kind: 'resolveTask'; readonly task: string; readonly value: Json }
  | { readonly kind: 'failTask'; readonly task: string }
  | { readonly kind: 'end' }

/** Time passes, then something is sent, all of it in one tick. */
export interface Moment {
  /** Ticks; milliseconds if the game has no tick rate. */
  readonly wait: number
  readonly actions: readonly Action[]
}

/** A match that can be played again. */
export interface Script {
  readonly seed: number
  readonly options: unknown
  readonly moments: readonly Moment[]
}

/** @param hz the game's */
export function playMoment(room: Simulation, { wait, actions }: Moment, hz: number): void {
  if (wait > 0) {
    if (hz > 0) room.tick(wait)
    else room.advance(wait)
  }
  const [first] = actions
  if (actions.length === 1 && first) send(room, first)
  else if (actions.length > 1) room.together(() => actions.forEach((action) => send(room, action)))
}

function send(room: Simulation, action: Action): void {
  switch (action.kind) {
    case 'join':
      room.join(action.user, { guest: action.guest })
      return
    case 'drop':
    case 'back':
    case 'leave':
      room[action.kind](action.user)
      return
    case 'input':
      room.input(action.user, action.name, action.value)
      return
    case 'resolveTask':
    case 'failTask':
      // Nothing waits any more in a script that was shortened.
      if (!room.tasks.some(({ task }) => task === action.task)) return
      if (action.kind === 'failTask') room.failTask(action.task, 'it failed')
      else room.resolveTask(action.task, action.value)
      return
    case 'end':
      room.end()
  }
}

/** The script as lines of code. */
export function codeOf({ seed, options, moments }: Script, hz: number): readonly string[] {
  const isEmpty = JSON.stringify(options) === '{}'
  return [
    `const room = simulate(game, { seed: ${seed}${isEmpty ? '' : `, options: ${literal(options)}`} })`,
    ...moments.flatMap((moment) => codeOfMoment(moment, hz)),
  ]
}

function codeOfMoment({ wait, actions }: Moment, hz: number): readonly string[] {
  const waiting = wait > 0 ? [`room.${hz > 0 ? 'tick' : 'advance'}(${wait})`] : []
  const calls = actions.map((action) => callOf(action))
  if (calls.length < 2) return [...waiting, ...calls]
  return [...waiting, 'room.together(() => {', ...calls.map((call) => `  ${call}`), '})']
}

function callOf(action: Action): string {
  const call = (...args: unknown[]) => `room.${action.kind}(${args.map((arg) => literal(arg)).join(', ')})`
  switch (action.kind) {
    case 'join':
      return action.guest ? call(action.user, { guest: true }) : call(action.user)
    case 'drop':
    case 'back':
    case 'leave':
      return call(action.user)
    case 'input':
      return call(action.user, action.name, action.value)
    case 'resolveTask':
      return call(action.task, action.value)
    case 'failTask':
      return call(action.task, 'it failed')
    case 'end':
      return call()
  }
}

const NAME = /^[A-Za-z_$][\w$]*$/

/** A value as code. */
function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  if (Array.isArray(value)) return `[${value.map((element) => literal(element)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, part]) => `${NAME.test(key) ? key : literal(key)}: ${literal(part)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
