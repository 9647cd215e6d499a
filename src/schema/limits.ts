/** What of the schemas is configuration. */
export interface SchemaLimits {
  readonly namespaces: readonly string[]
  readonly buyCountMax: number
  readonly roomCapacity: number
}
