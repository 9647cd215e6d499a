import type { JsonObject } from '../../protocol/events.ts'
import { jsonAnswer } from '../http.ts'
import type { Route } from '../router.ts'

export interface Documents {
  readonly openapi: JsonObject
  readonly asyncapi: JsonObject
}

/** What describes the server, of which these routes are a part: hence read late. */
export function documentRoutes(read: () => Documents): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      access: 'open',
      operation: { id: 'getOpenapi', summary: 'This document, as OpenAPI 3.1.', answers: { 200: 'Document' } },
      run: () => jsonAnswer(read().openapi),
    },
    {
      method: 'GET',
      path: '/api/v1/asyncapi.json',
      access: 'open',
      operation: { id: 'getAsyncapi', summary: 'The socket, as AsyncAPI 3.0.', answers: { 200: 'Document' } },
      run: () => jsonAnswer(read().asyncapi),
    },
  ]
}
