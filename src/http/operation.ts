import type { ErrorCode } from '../protocol/errors.ts'
import type { SchemaName } from '../documents/schemas.ts'

/** What a route is to those who call it: what OpenAPI says of it beside its method, path, access and query. */
export interface Operation {
  /** Unique; what generated clients call it. */
  readonly id: string
  readonly summary: string
  /** Of the `:name` parts of the path. */
  readonly params?: Readonly<Record<string, SchemaName>>
  /** Of POST and PUT. */
  readonly body?: SchemaName
  /** By status: JSON of a schema, another media type, or null for no body. */
  readonly answers: Readonly<Record<number, SchemaName | MediaType | null>>
  /** Beside those that follow from access, body and query. */
  readonly errors?: readonly ErrorCode[]
  /** What of the answer or of what is there is compared to an ETag. */
  readonly conditions?: readonly Condition[]
}

type MediaType = `${string}/${string}`

/** `if-none-match: etag` is answered 304; what does not hold of the others, 412 with CONFLICT. */
export type Condition = 'if-match' | 'if-none-match: etag' | 'if-none-match: *'
