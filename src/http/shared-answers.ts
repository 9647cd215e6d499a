import type { HttpAnswer } from './http.ts'

type Make = () => Promise<HttpAnswer>

interface Line {
  /** Settles when the current answer is made or has failed. */
  readonly current: Promise<unknown>
  /** The answer for everybody who has asked since the current one was begun. */
  next: Promise<HttpAnswer> | undefined
}

/**
 * Answers that are the same for everybody. Only one is made at a time, and all who ask meanwhile share the next one. So the load
 * on the primary, and the bytes that wait for readers, do not grow with the number of those who ask.
 */
export class SharedAnswers {
  readonly #lines = new Map<string, Line>()

  /**
   * Returns an answer that was begun after this call. Its body is bytes, shared by all who get it.
   * @param what the same text for the same answer
   */
  get(what: string, make: Make): Promise<HttpAnswer> {
    const line = this.#lines.get(what)
    if (!line) return this.#begin(what, make)
    line.next ??= line.current.then(() => this.#begin(what, make))
    return line.next
  }

  #begin(what: string, make: Make): Promise<HttpAnswer> {
    const answer = make().then(toBytes)
    const ended = () => {
      if (line.next === undefined) this.#lines.delete(what)
    }
    const line: Line = { current: answer.then(ended, ended), next: undefined }
    this.#lines.set(what, line)
    return answer
  }
}

function toBytes({ body, ...answer }: HttpAnswer): HttpAnswer {
  return { ...answer, body: Buffer.from(body) }
}
