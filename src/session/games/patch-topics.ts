import type { BlockPatch } from '../../link/game-block.ts'
import type { Socket } from '../socket.ts'

/** Sockets that see the same of a room, in one encoding. */
export interface PatchTopic {
  readonly name: string
  readonly isBinary: boolean
  /** How many sockets are subscribed. */
  size: number
  /** The tick that all of them have reached. */
  tick: number
}

/** A view of a room, in an encoding. */
export interface PatchSource {
  readonly handle: number
  readonly view: number
  readonly encoding: 'json' | 'binary'
}

type Subscriber = Pick<Socket, 'subscribe' | 'unsubscribe'>

export interface PatchTopicsOptions {
  /** @param frame JSON as text, or a binary frame */
  readonly publish: (topic: string, frame: Uint8Array, isBinary: boolean) => void
  /** Called with the bytes that go out. */
  readonly onPublished: (bytes: number) => void
}

/** Publishes each patch once for all sockets of this worker that have the same view. */
export class PatchTopics {
  readonly #options: PatchTopicsOptions
  readonly #topics = new Map<string, PatchTopic>()

  constructor(options: PatchTopicsOptions) {
    this.#options = options
  }

  /** How many topics have subscribers. */
  get size(): number {
    return this.#topics.size
  }

  /** @param tick of what the socket was sent last */
  join(source: PatchSource, tick: number, socket: Subscriber): PatchTopic {
    const name = nameOf(source)
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { name, isBinary: source.encoding === 'binary', size: 0, tick }
      this.#topics.set(name, topic)
    }
    topic.size++
    topic.tick = Math.max(topic.tick, tick)
    socket.subscribe(name)
    return topic
  }

  leave(topic: PatchTopic, socket: Subscriber): void {
    socket.unsubscribe(topic.name)
    this.gone(topic)
  }

  /** Call this when a socket is closed, which ends its subscriptions. */
  gone(topic: PatchTopic): void {
    if (--topic.size === 0) this.#topics.delete(topic.name)
  }

  publish(patches: readonly BlockPatch[]): void {
    for (const patch of patches) {
      const topic = this.#topics.get(nameOf(patch))
      if (topic === undefined) continue
      this.#options.publish(topic.name, patch.bytes, topic.isBinary)
      this.#options.onPublished(topic.size * patch.bytes.length)
      topic.tick = patch.tick
    }
  }
}

function nameOf({ handle, view, encoding }: PatchSource): string {
  return `${encoding === 'json' ? 'g' : 'b'}:${handle}/${view}`
}
