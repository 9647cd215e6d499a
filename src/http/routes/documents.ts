import type { JsonObject } from '../../protocol/events.ts'
import { createHash } from 'node:crypto'
import { etagOf, unlessKnown } from '../conditions.ts'
import { jsonAnswer, type HttpAnswer } from '../http.ts'
import type { Route } from '../router.ts'

export interface Documents {
  readonly openapi: JsonObject
  readonly asyncapi: JsonObject
}

/** What describes the server, of which these routes are a part: hence read late, and written once. */
export function documentRoutes(read: () => Documents): readonly Route[] {
  const answers = new Map<keyof Documents, HttpAnswer>()
  const answerOf = (name: keyof Documents, ifNoneMatch: string | undefined): HttpAnswer => {
    let answer = answers.get(name)
    if (!answer) {
      const made = jsonAnswer(read()[name])
      const etag = etagOf(createHash('sha256').update(made.body).digest('base64url'))
      answer = { ...made, headers: { ...made.headers, 'cache-control': 'no-cache', etag } }
      answers.set(name, answer)
    }
    return unlessKnown(answer, ifNoneMatch)
  }
  return [
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      access: 'open',
      operation: {
        id: 'getOpenapi',
        summary: 'This document, as OpenAPI 3.1.',
        answers: { 200: 'Document' },
        conditions: ['if-none-match: etag'],
      },
      run: ({ header }) => answerOf('openapi', header('if-none-match')),
    },
    {
      method: 'GET',
      path: '/api/v1/asyncapi.json',
      access: 'open',
      operation: {
        id: 'getAsyncapi',
        summary: 'The socket, as AsyncAPI 3.0.',
        answers: { 200: 'Document' },
        conditions: ['if-none-match: etag'],
      },
      run: ({ header }) => answerOf('asyncapi', header('if-none-match')),
    },
  ]
}
