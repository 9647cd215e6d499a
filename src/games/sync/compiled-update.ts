import { isMinusZero, type Part, type QuickUpdate } from './part.ts'

/** Makes a function from the text of its body, as `new Function(...parameters, body)` does. */
export type FunctionMaker = (parameters: readonly string[], body: string) => unknown

let makeFunction: FunctionMaker | undefined

/**
 * Lets `shapeOf` compile the comparison of objects to special code for each type, which takes a quarter of the time
 * (`bench/patches.ts`). It is for servers: in a browser the page's policy (CSP) may forbid it. Everything works without it.
 */
export function compileShapes(maker: FunctionMaker | undefined): void {
  makeFunction = maker
}

const FIELDS_MAX = 64

interface FieldToCompile {
  readonly name: string
  readonly part: Part
  readonly isOptional: boolean
}

/** Returns undefined if there is no compiler, or the type would not gain from it. */
export function compileUpdate(fields: readonly FieldToCompile[]): QuickUpdate | undefined {
  const isInherited = fields.some(({ name }) => name in Object.prototype)
  if (!makeFunction || isInherited || fields.length === 0 || fields.length > FIELDS_MAX) return undefined
  const make = makeFunction(['parts', 'isMinusZero'], `return ${textOf(fields)}`)
  return (make as (parts: readonly Part[], isMinusZero: (value: unknown) => boolean) => QuickUpdate)(
    fields.map(({ part }) => part),
    isMinusZero,
  )
}

/** Each field is a variable of its own and is read by its name, so that V8 sees only one object shape at each place. */
function textOf(fields: readonly FieldToCompile[]): string {
  const each = (text: (i: number, field: FieldToCompile) => string) =>
    fields.map((field, i) => text(i, field)).join('\n')
  const name = (i: number) => JSON.stringify(fields[i]?.name)
  return `(before, live, depth) => {
    if (typeof live !== 'object' || live === null) return undefined
    ${each((i) => `const live${i} = live[${name(i)}]; let tree${i} = before[${i}]`)}
    if (Object.getPrototypeOf(live) !== Object.prototype) return undefined
    let count = 0
    for (const key in live) count++
    ${each((i, { isOptional }) => {
      const missing = `if (live${i} === undefined || tree${i} === undefined)`
      return isOptional
        ? `${missing} { if (live${i} !== tree${i}) return undefined; count++ }`
        : `${missing} return undefined`
    })}
    if (count !== ${fields.length}) return undefined
    let isChanged = false
    try {
    ${each((i, { part }) => {
      const now = part.isLeaf ? `parts[${i}].snap(live${i})` : `parts[${i}].update(tree${i}, live${i}, depth + 1)`
      return `if (live${i} !== tree${i} || (live${i} === 0 && 1 / live${i} < 0)) {
        const now = ${now}
        if (typeof now !== 'object' && (now !== live${i} || isMinusZero(live${i}))) live[${name(i)}] = now
        if (now !== tree${i}) { tree${i} = now; isChanged = true }
      }`
    })}
    } catch {
      // The general way meets it again, and knows the path.
      return undefined
    }
    if (!isChanged) return before
    const next = before.slice()
    ${each((i) => `next[${i}] = tree${i}`)}
    return next
  }`
}
