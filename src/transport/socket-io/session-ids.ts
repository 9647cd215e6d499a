import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SessionIds {
  /** Of a new session of this worker. */
  make(): string
  /** The worker that has this session; undefined: no worker has made this id. */
  workerOf(sessionId: string): number | undefined
}

export interface SessionIdOptions {
  /** This worker's number: a session's id begins with it, so that the others know whose it is. */
  readonly worker: number
  readonly newToken: () => string
  /** The same in all workers. */
  readonly secret: Uint8Array
}

const SESSION_ID = /^((\d{1,6})\.[A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})$/
/** Keeps these MACs apart from any other use of the same secret. */
const PURPOSE = 'drumbeat socket.io session v1\0'
const MAC_BYTES = 16

/** `worker.token.MAC`: a request with an id that somebody made up is refused where it comes in, and goes to no other worker. */
export function createSessionIds({ worker, newToken, secret }: SessionIdOptions): SessionIds {
  const macOf = (text: string) =>
    createHmac('sha256', secret).update(PURPOSE).update(text).digest().subarray(0, MAC_BYTES)
  return {
    make: () => {
      const text = `${worker}.${newToken()}`
      return `${text}.${macOf(text).toString('base64url')}`
    },
    workerOf: (sessionId) => {
      const [, text, owner, mac] = SESSION_ID.exec(sessionId) ?? []
      if (text === undefined || mac === undefined) return undefined
      return timingSafeEqual(macOf(text), Buffer.from(mac, 'base64url')) ? Number(owner) : undefined
    },
  }
}
