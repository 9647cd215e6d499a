import type { Action, Moment, Script } from './script.ts'
import { simplerValues } from './simpler-values.ts'

/** Whether this shorter match shows the fault as well; the match as far as it was played then, else undefined. */
export type Shows = (script: Script) => Script | undefined

/** How many matches are tried at most. */
const TRIES_MAX = 3_000

/**
 * The shortest match that is found to show the fault: fewer moments, fewer things sent, less waiting, simpler values. What is tried is the same for the
 * same match.
 */
export function shrink(script: Script, shows: Shows): Script {
  let best = script
  let tries = 0
  const attempt = (candidate: Script): boolean => {
    if (tries++ >= TRIES_MAX) return false
    const shown = shows(candidate)
    if (shown) best = shown
    return shown !== undefined
  }
  const improvement = () => PASSES.filter((candidates) => improve(() => best, candidates, attempt)).length
  while (improvement() > 0);
  // It reads best with one thing a tick, if that shows it, too.
  improve(() => best, apart, attempt)
  return best
}

/** Goes through candidates, anew whenever one was good. Returns whether any was. */
function improve(
  best: () => Script,
  candidatesOf: (script: Script) => Iterable<Script>,
  attempt: (candidate: Script) => boolean,
): boolean {
  let isBetter = false
  for (let isGoing = true; isGoing;) {
    isGoing = false
    for (const candidate of candidatesOf(best())) {
      if (!attempt(candidate)) continue
      isGoing = true
      isBetter = true
      break
    }
  }
  return isBetter
}

const PASSES = [fewerMoments, fewerActions, lessWaiting, merged, simplerActions, simplerStart]

function* fewerMoments(script: Script): Generator<Script> {
  const { moments } = script
  for (let size = moments.length; size >= 1; size = size >> 1) {
    // From the back: what is there depends on what stands before it.
    for (let end = moments.length; end > 0; end -= size) {
      yield { ...script, moments: moments.toSpliced(Math.max(0, end - size), Math.min(size, end)) }
    }
  }
}

function* fewerActions(script: Script): Generator<Script> {
  for (const [i, { wait, actions }] of script.moments.entries()) {
    for (let j = actions.length - 1; j >= 0; j--) {
      yield withMoment(script, i, { wait, actions: actions.toSpliced(j, 1) })
    }
    // What was sent may have mattered for its tick alone.
    if (actions.length > 0) yield withMoment(script, i, { wait: wait + 1, actions: [] })
  }
}

function* lessWaiting(script: Script): Generator<Script> {
  for (const [i, { wait, actions }] of script.moments.entries()) {
    const shorter = new Set([0, 1, wait >> 1, wait - 1].filter((ticks) => ticks < wait && ticks >= 0))
    for (const ticks of shorter) yield withMoment(script, i, { wait: ticks, actions })
  }
}

/** Two moments of which nothing was sent in one, or the other did not have to wait, are one. */
function* merged(script: Script): Generator<Script> {
  const { moments } = script
  for (let i = 0; i + 1 < moments.length; i++) {
    const [first, second] = [moments[i], moments[i + 1]]
    if (!first || !second || (first.actions.length > 0 && second.wait > 0)) continue
    const one = { wait: first.wait + second.wait, actions: [...first.actions, ...second.actions] }
    yield { ...script, moments: moments.toSpliced(i, 2, one) }
  }
}

function* apart(script: Script): Generator<Script> {
  const { moments } = script
  for (const [i, { wait, actions }] of moments.entries()) {
    if (actions.length < 2) continue
    const single = actions.map((action, j) => ({ wait: j === 0 ? wait : 0, actions: [action] }))
    yield { ...script, moments: moments.toSpliced(i, 1, ...single) }
  }
}

function* simplerActions(script: Script): Generator<Script> {
  for (const [i, moment] of script.moments.entries()) {
    for (const [j, action] of moment.actions.entries()) {
      for (const simpler of simplerThan(action)) {
        yield withMoment(script, i, { ...moment, actions: moment.actions.with(j, simpler) })
      }
    }
  }
}

function* simplerThan(action: Action): Generator<Action> {
  if (action.kind === 'join' && action.guest) yield { ...action, guest: false }
  if (!('value' in action)) return
  for (const value of simplerValues(action.value)) yield { ...action, value }
}

function* simplerStart(script: Script): Generator<Script> {
  if (script.seed !== 1) yield { ...script, seed: 1 }
  for (const options of simplerValues(script.options)) yield { ...script, options }
  yield* otherUsers(script)
}

/** The first names in the place of later ones. */
function* otherUsers(script: Script): Generator<Script> {
  const users = [
    ...new Set(script.moments.flatMap(({ actions }) => actions.flatMap((a) => ('user' in a ? [a.user] : [])))),
  ]
  for (const [i, user] of users.entries()) {
    const plain = ['ann', 'bob', 'cat', 'dan'][i]
    if (plain === undefined || user === plain || users.slice(0, i).includes(plain)) continue
    // Whoever has that name gets this one.
    const swap = (name: string) => (name === user ? plain : name === plain ? user : name)
    const moments = script.moments.map(({ wait, actions }) => ({
      wait,
      actions: actions.map((a) => ('user' in a ? { ...a, user: swap(a.user) } : a)),
    }))
    yield { ...script, moments }
  }
}

function withMoment(script: Script, i: number, moment: Moment): Script {
  return { ...script, moments: script.moments.with(i, moment) }
}
