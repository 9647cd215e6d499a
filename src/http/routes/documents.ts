import type { JsonObject } from '../../protocol/events.ts'
import { etagOfContent, unlessKnown } from '../conditions.ts'
import { jsonAnswer, type HttpAnswer } from '../http.ts'
import type { Operation } from '../operation.ts'
import type { Route } from '../router.ts'

export interface Documents {
  readonly openapi: JsonObject
  readonly asyncapi: JsonObject
}

/** Routes of the documents that describe the server. They describe these routes, too, so they are read late. */
export function documentRoutes(read: () => Documents): readonly Route[] {
  const openapi = { id: 'getOpenapi', summary: 'This document, as OpenAPI 3.1.' }
  const asyncapi = { id: 'getAsyncapi', summary: 'The socket, as AsyncAPI 3.0.' }
  return [
    documentRoute('openapi', openapi, () => read().openapi),
    documentRoute('asyncapi', asyncapi, () => read().asyncapi),
  ]
}

/** The document is written once, when it is first asked for. */
function documentRoute(name: string, about: Pick<Operation, 'id' | 'summary'>, read: () => JsonObject): Route {
  let answer: HttpAnswer | undefined
  return {
    method: 'GET',
    path: `/api/v1/${name}.json`,
    access: 'open',
    operation: { ...about, answers: { 200: 'Document' }, conditions: ['if-none-match: etag'] },
    run: ({ header }) => unlessKnown((answer ??= documentAnswer(read())), header('if-none-match')),
  }
}

function documentAnswer(document: JsonObject): HttpAnswer {
  const { body: text, ...answer } = jsonAnswer(document)
  const body = Buffer.from(text)
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-cache', etag: etagOfContent(body) }, body }
}
