/**
 * Which numbers of a state are interpolated, by their path, with `*` for every entry of a map or list: `true`; for an angle, the
 * size of a full turn; or `false`. Example: `{ 'ships.*.heading': 360, 'ships.*.fuel': false }`.
 */
export type Moving = Readonly<Record<string, boolean | number>>

/** `Moving` as a tree. */
export interface Plan {
  [name: string]: Plan | boolean | number | undefined
}

/** The parts of a `TypeDescription` that are used here. */
interface Description {
  readonly kind: string
  readonly of?: Description
  readonly fields?: Readonly<Record<string, Description>>
}

/** Integers are counts or ids, so they do not move by default. */
const MOVING_KINDS = ['fixed', 'float32', 'float64']

/** Which numbers of a type's values move: the default, changed by `moving`. */
export function planOf(type: unknown, moving: Moving = {}): Plan {
  const plan = plainPlan(fromType(type as Description))
  for (const [path, how] of Object.entries(moving)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let at = plan
    for (const name of names) at = at[name] = plainPlan(at[name])
    at[last] = how
  }
  return plan
}

function fromType({ kind, of, fields }: Description): Plan[string] {
  if (kind === 'optional' && of) return fromType(of)
  if (!of && !fields) return MOVING_KINDS.includes(kind)
  const plan = plainPlan(undefined)
  for (const [name, type] of Object.entries(fields ?? { '*': of as Description })) plan[name] = fromType(type)
  return plan
}

/** A plan has no prototype, because the keys of a map can be any string. */
function plainPlan(plan: Plan[string]): Plan {
  return typeof plan === 'object' ? plan : (Object.create(null) as Plan)
}

/**
 * The value on the way from `before` to `after`, of which `share` (0 to 1) is done. Only numbers that move are interpolated.
 * Everything else, and what only one of the two has, is as in `before`. What does not change is the same object as before.
 */
export function between(plan: Plan[string], before: unknown, after: unknown, share: number): unknown {
  if (before === after || !plan) return before
  if (typeof before === 'number' && typeof after === 'number') {
    const way = after - before
    // An angle takes the shorter way.
    return before + share * (typeof plan === 'number' ? way - plan * Math.round(way / plan) : way)
  }
  if (typeof plan !== 'object' || !isSameThing(before, after)) return before
  return betweenEntries(plan, before as Entries, after as Entries, share)
}

type Entries = Readonly<Record<string, unknown>>

function betweenEntries(plan: Plan, before: Entries, after: Entries, share: number): unknown {
  let moved: Record<string, unknown> | undefined
  for (const key of Object.keys(before)) {
    const value = between(plan[key] ?? plan['*'], before[key], after[key], share)
    if (value === before[key]) continue
    moved ??= (Array.isArray(before) ? [...before] : { ...before }) as Record<string, unknown>
    moved[key] = value
  }
  return moved ?? before
}

/** False if they have different `id`s, or are lists of different length. A state contains no null. */
function isSameThing(before: unknown, after: unknown): boolean {
  if (typeof before !== 'object' || typeof after !== 'object') return false
  const [one, other] = [before as Entries, after as Entries]
  return one['id'] === other['id'] && (!Array.isArray(before) || one['length'] === other['length'])
}
