import { createHash } from 'node:crypto'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { errorAnswer, type HttpAnswer } from './http.ts'

/** Preconditions of RFC 9110 section 13, as far as routes have them. */

const PRECONDITION_FAILED = 412
const NOT_MODIFIED = 304
const ETAG = /^"([A-Za-z0-9_-]{1,64})"$/

export function etagOf(tag: string | number): string {
  return `"${tag}"`
}

const CONTENT_TAG_LENGTH = 22

/** The ETag of these bytes, whatever they are called. */
export function etagOfContent(body: string | Uint8Array): string {
  return etagOf(createHash('sha256').update(body).digest('base64url').slice(0, CONTENT_TAG_LENGTH))
}

/** The answer, or 304 without it where the client has it already. @param ifNoneMatch a list, as it was sent */
export function unlessKnown(answer: HttpAnswer, ifNoneMatch: string | undefined): HttpAnswer {
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const { etag } = answer.headers
  if (etag === undefined || !known.includes(etag)) return answer
  return { ...answer, status: NOT_MODIFIED, body: '' }
}

/** `If-Match`: what stands in the ETag, or `*`; null where it was not sent. Throws BAD_REQUEST. */
export function parseIfMatch(ifMatch: string | undefined): string | null {
  if (ifMatch === undefined || ifMatch === '*') return ifMatch ?? null
  const tag = ETAG.exec(ifMatch)?.[1]
  if (tag === undefined) throw badRequest('if-match', 'must be * or one ETag, as it was given')
  return tag
}

/** `If-None-Match: *` of a change: only where there is none. Throws BAD_REQUEST for anything else. */
export function parseIfAbsent(ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch !== '*') throw badRequest('if-none-match', 'must be *')
  return true
}

/** The answer to a change that had a precondition: CONFLICT says that it did not hold. */
export async function answerOnCondition(change: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await change()
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code !== 'CONFLICT') throw thrown
    return errorAnswer(thrown, { status: PRECONDITION_FAILED })
  }
}
