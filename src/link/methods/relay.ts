import type { Method } from './method.ts'

/**
 * Messages between the worker that got a client's request and the worker that has its session. The asking worker chooses `id`. A
 * request ends with its answer, a socket with an `end` from either side.
 */
export type RelayMessage =
  | { readonly kind: 'request'; readonly id: number; readonly head: RelayHead; readonly body: Uint8Array }
  | { readonly kind: 'upgrade'; readonly id: number; readonly head: RelayHead }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: RelayAnswer }
  | {
      readonly kind: 'frame'
      readonly id: number
      readonly isToClient: boolean
      readonly data: Uint8Array
      readonly isBinary: boolean
    }
  /** From the asking worker: the client is gone. */
  | { readonly kind: 'gone'; readonly id: number }
  /** From the worker that has the session. */
  | { readonly kind: 'end'; readonly id: number }
  /** From the primary: there is no such worker. */
  | { readonly kind: 'absent'; readonly id: number }

export interface RelayHead {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly remoteAddress: string
}

export interface RelayAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Sends a message from one worker to another, by way of the primary. */
export type RelayMethods = {
  relay: Method<{ readonly to: number; readonly message: RelayMessage }, null>
}
