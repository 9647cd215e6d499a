/**
 * The first difference between two JSON values, such as `state.ships.ann.x is 3, and was 2`. Returns undefined if there is none.
 */
export function differenceOf(was: unknown, is: unknown, path = ''): string | undefined {
  if (!isHolder(was) || !isHolder(is) || Array.isArray(was) !== Array.isArray(is)) {
    return Object.is(was, is) ? undefined : `${path} is ${shown(is)}, and was ${shown(was)}`
  }
  const [before, after] = [Object.keys(was), Object.keys(is)]
  for (const key of new Set([...before, ...after])) {
    const difference = differenceOf(was[key], is[key], path === '' ? key : `${path}.${key}`)
    if (difference !== undefined) return difference
  }
  const isSameOrder = before.every((key, i) => key === after[i])
  return isSameOrder
    ? undefined
    : `the keys of ${path} are in the order ${after.join(', ')}, and were ${before.join(', ')}`
}

type Holder = Readonly<Record<string, unknown>>

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null
}

const SHOWN_MAX = 80

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}
