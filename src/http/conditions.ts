import { createHash } from 'node:crypto'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { errorAnswer, type HttpAnswer } from './http.ts'

/** Preconditions of RFC 9110 section 13, as far as routes support them. */

const PRECONDITION_FAILED = 412
const NOT_MODIFIED = 304
const ETAG = /^"([A-Za-z0-9_-]{1,64})"$/

export function etagOf(tag: string | number): string {
  return `"${tag}"`
}

const CONTENT_TAG_LENGTH = 22

/** The ETag of these bytes. It depends on nothing but the bytes. */
export function etagOfContent(body: string | Uint8Array): string {
  return etagOf(createHash('sha256').update(body).digest('base64url').slice(0, CONTENT_TAG_LENGTH))
}

/**
 * Returns the answer, or 304 without a body if the client already has it.
 * @param ifNoneMatch the header as it was sent: a list of ETags
 */
export function unlessKnown(answer: HttpAnswer, ifNoneMatch: string | undefined): HttpAnswer {
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const { etag } = answer.headers
  if (etag === undefined || !known.includes(etag)) return answer
  return { ...answer, status: NOT_MODIFIED, body: '' }
}

/** Parses `If-Match`. Returns the tag without its quotes, or `*`, or null if the header was not sent. Throws BAD_REQUEST. */
export function parseIfMatch(ifMatch: string | undefined): string | null {
  if (ifMatch === undefined || ifMatch === '*') return ifMatch ?? null
  const tag = ETAG.exec(ifMatch)?.[1]
  if (tag === undefined) throw badRequest('if-match', 'must be * or one ETag, as the server sent it')
  return tag
}

/**
 * Parses the `If-None-Match: *` of a change, which asks that nothing exists there yet. Returns false if the header was not sent.
 * Throws BAD_REQUEST for any other value.
 */
export function parseIfAbsent(ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch !== '*') throw badRequest('if-none-match', 'must be *')
  return true
}

/**
 * Runs a change that has a precondition. The answer is 412 if the change throws CONFLICT, because the precondition failed then.
 */
export async function answerOnCondition(change: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await change()
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code !== 'CONFLICT') throw thrown
    return errorAnswer(thrown, { status: PRECONDITION_FAILED })
  }
}
