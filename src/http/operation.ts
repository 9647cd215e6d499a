import type { ErrorCode } from '../protocol/errors.ts'
import type { SchemaName } from '../documents/schemas.ts'

/** A route as its clients see it: what OpenAPI says of it beside its method, path, access and query. */
export interface Operation {
  /** Unique. Generated clients use it as the name of their method. */
  readonly id: string
  readonly summary: string
  /** The schema of each `:name` part of the path. */
  readonly params?: Readonly<Record<string, SchemaName>>
  /** The schema of the body. Only POST and PUT have one. */
  readonly body?: SchemaName
  /** By status: the schema of a JSON body, another media type, or null if there is no body. */
  readonly answers: Readonly<Record<number, SchemaName | MediaType | null>>
  /** Error codes beside those that follow from access, body and query. */
  readonly errors?: readonly ErrorCode[]
  /** The preconditions that clients may send: headers that compare an ETag. */
  readonly conditions?: readonly Condition[]
}

type MediaType = `${string}/${string}`

/** If `if-none-match: etag` does not hold, the answer is 304. If one of the others does not hold, it is 412 with CONFLICT. */
export type Condition = 'if-match' | 'if-none-match: etag' | 'if-none-match: *'
