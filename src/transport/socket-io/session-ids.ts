import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SessionIds {
  /** Makes the id of a new session of this worker. */
  make(): string
  /** The worker that has this session. Returns undefined if no worker has made this id. */
  workerOf(sessionId: string): number | undefined
}

export interface SessionIdOptions {
  /** This worker's number. A session's id begins with it, so that other workers know where the session is. */
  readonly worker: number
  readonly newToken: () => string
  /** All workers have the same. */
  readonly secret: Uint8Array
}

const SESSION_ID = /^((\d{1,6})\.[A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})$/
/** Separates these MACs from other uses of the same secret. */
const PURPOSE = 'drumbeat socket.io session v1\0'
const MAC_BYTES = 16

/**
 * Ids have the form `worker.token.MAC`. So a made-up id is refused by the worker that the request reaches, and is not passed on.
 */
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
