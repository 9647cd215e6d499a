import type { HttpAnswer } from './http.ts'

type Make = () => Promise<HttpAnswer>

interface Line {
  /** Settles when the answer that is being made is made, or has failed. */
  readonly current: Promise<unknown>
  /** Of all who have asked since that was begun. */
  next: Promise<HttpAnswer> | undefined
}

/**
 * Answers that are the same for everybody. However many ask, one is made at a time, and those who ask meanwhile all get the next one: so what the
 * primary is asked, and what waits for readers, does not grow with how many ask.
 */
export class SharedAnswers {
  readonly #lines = new Map<string, Line>()

  /**
   * Gives an answer that was begun after this was called. Its body is bytes, which all who get it share.
   * @param what the same for the same answer
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
