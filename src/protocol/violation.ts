/** What is wrong with a value, and where. */
export interface Violation {
  readonly message: string
  /** The innermost key comes first. */
  readonly path: (string | number)[]
}

/** The same violation, with one more key around its path. */
export function within(violation: Violation, key: string | number): Violation {
  violation.path.push(key)
  return violation
}
