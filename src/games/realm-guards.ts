import { runningCallback } from './realm.ts'

let isClosed = false

const TASK = 'a task (tasks, room.run)'
const TIMERS = 'room.after(ticks, name, args) or room.afterMs'
/** For each refused name, what to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  setTimeout: TIMERS,
  setInterval: TIMERS,
  setImmediate: TIMERS,
  queueMicrotask: 'a direct call in the callback itself',
  fetch: TASK,
}

/**
 * Replaces the globals that a game must not use by guards. A process that runs games calls this once, before it loads them.
 * Further calls do nothing.
 */
export function closeRealm(): void {
  if (isClosed) return
  isClosed = true
  for (const [name, instead] of Object.entries(INSTEAD)) guard(globalThis, name, instead)
  guard(Math, 'random', 'room.random()', 'Math.')
  guard(performance, 'now', 'room.nowMs', 'performance.')
  // Browsers have no `process`.
  if ('process' in globalThis) guard(process, 'hrtime', 'room.nowMs', 'process.')
  guard(crypto, 'randomUUID', 'room.random()', 'crypto.')
  guard(crypto, 'getRandomValues', 'room.random()', 'crypto.')
  guardDate()
}

type Callable = (...args: unknown[]) => unknown

function guard(owner: object, name: string, instead: string, prefix = ''): void {
  const original: unknown = Reflect.get(owner, name)
  if (typeof original !== 'function') return
  const guarded = (...args: unknown[]): unknown => {
    refuseInside(`${prefix}${name}`, instead)
    return (original as Callable).apply(owner, args)
  }
  Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
  Object.defineProperty(owner, name, { value: guarded, writable: true, configurable: true })
}

/** A date of a given time is the same everywhere, so it is allowed. The date of now is not. */
function guardDate(): void {
  const Original = Date
  const now = () => {
    refuseInside('Date.now', 'room.nowMs')
    return Original.now()
  }
  globalThis.Date = new Proxy(Original, {
    construct(target, args, newTarget) {
      if (args.length === 0) refuseInside('new Date()', 'new Date(room.nowMs)')
      return Reflect.construct(target, args, newTarget) as object
    },
    apply() {
      refuseInside('Date()', 'new Date(room.nowMs).toString()')
      return Original()
    },
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  })
}

function refuseInside(name: string, instead: string): void {
  const callback = runningCallback()
  if (callback === undefined) return
  throw new TypeError(`${name} in ${callback}: a replay would get another result; use ${instead}`)
}
