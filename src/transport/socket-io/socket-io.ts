import type { SentEvent } from '../../session/socket.ts'
import type { TemplatedApp } from '../uws/uws.ts'
import { Engine, type EngineOptions } from './engine.ts'
import { Relay } from './relay.ts'
import { createSessionIds, type SessionIdOptions } from './session-ids.ts'
import { addSocketIoRoutes, type SocketIoRoutesOptions } from './socket-io-routes.ts'
import { createSocketIoServer, type SocketIoServerOptions } from './socket-io-server.ts'
import { Topics } from './topics.ts'

type Parts = 'engine' | 'topics' | 'relay' | 'sessionIds'

export type SocketIoOptions = Omit<EngineOptions, Parts> &
  SessionIdOptions &
  Omit<SocketIoServerOptions, Parts | 'link'> &
  Omit<SocketIoRoutesOptions, Parts> & {
    readonly link: SocketIoServerOptions['link'] & ConstructorParameters<typeof Relay>[0]
  }

/** The part of a worker that serves Socket.IO clients. */
export interface SocketIo {
  readonly addRoutes: (app: TemplatedApp) => void
  /** Sends an event to the topic's subscribers. `frame` is a JSON frame of the log. */
  readonly publish: (topic: string, frame: Uint8Array, event: SentEvent) => void
  /** Sends a patch to the topic's subscribers. `frame` is JSON. */
  readonly publishPatch: (topic: string, frame: Uint8Array) => void
  readonly relay: Pick<Relay, 'received' | 'workerGone'>
}

export function createSocketIo(options: SocketIoOptions): SocketIo {
  const sessionIds = createSessionIds(options)
  const engine = new Engine({ ...options, sessionIds })
  const topics = new Topics()
  const relay = new Relay(options.link, engine)
  createSocketIoServer({ ...options, engine, topics })
  return {
    addRoutes: (app) => addSocketIoRoutes(app, { ...options, engine, sessionIds, relay }),
    publish: (topic, frame, event) => topics.publish(topic, frame, event),
    publishPatch: (topic, frame) => topics.publishPatch(topic, frame),
    relay,
  }
}
