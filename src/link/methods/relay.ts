import type { Method } from './method.ts'

/**
 * Between the worker that a client's request met, and the one that has its session. `id` is the asking worker's; each request ends
 * with its answer, each socket with an `end` from either side.
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
  /** By the worker that asked: the client is gone. */
  | { readonly kind: 'gone'; readonly id: number }
  /** By the one that has the session. */
  | { readonly kind: 'end'; readonly id: number }
  /** By the primary: there is no such worker. */
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

/** From one worker to another. */
export type RelayMethods = {
  /** To another worker. */
  relay: Method<{ readonly to: number; readonly message: RelayMessage }, null>
}
