/** The description of a type of `t`, as the server sends it. */
interface Description {
  readonly kind: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly of?: unknown
  readonly values?: readonly unknown[]
  readonly value?: unknown
  readonly max?: number
  readonly min?: number
  readonly step?: number
}

/** Writes a type in the notation of authors: `{ map: string(32), mode?: "duel" | "team" }`. Pure. */
export function typeText(type: unknown): string {
  if (typeof type !== 'object' || type === null || !('kind' in type)) return 'any'
  const { kind, fields = {}, of, values = [], value, max, min, step } = type as Description
  switch (kind) {
    case 'object':
      return objectText(fields)
    case 'array':
      return `[${typeText(of)}]`
    case 'map':
    case 'record':
      return `{ [key]: ${typeText(of)} }`
    case 'optional':
      return typeText(of)
    case 'oneOf':
      return values.map((one) => JSON.stringify(one)).join(' | ')
    case 'literal':
      return JSON.stringify(value)
    case 'string':
      return `string(${max})`
    case 'fixed':
      return `${min} to ${max} by ${step}`
    case 'json':
      return 'any'
    default:
      return kind
  }
}

function objectText(fields: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(fields).map(([name, field]) => {
    const isOptional = (field as Description | null)?.kind === 'optional'
    return `${name}${isOptional ? '?' : ''}: ${typeText(field)}`
  })
  return texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`
}
