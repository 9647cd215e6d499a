import type { NodeRates } from '../door/node-rates.ts'
import { decodeEventBlock } from '../link/event-block.ts'
import { replyWith, type Handlers } from '../link/link.ts'
import type { RelayMessage } from '../link/methods/relay.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Sweeper } from '../session/sweep.ts'
import type { WorkerContext } from './context.ts'
import type { RealTime } from './real-time.ts'

/** The parts of a worker that the primary's messages go to. */
export interface Listeners {
  readonly context: WorkerContext
  readonly realTime: RealTime
  readonly sweeper: Sweeper
  /** Requests of an address that other workers have counted. */
  readonly httpRates: Pick<NodeRates, 'takenElsewhere'>
  /** Requests of Socket.IO clients whose session is in another worker. */
  readonly relay: {
    received(from: number, message: RelayMessage): void
    workerGone(worker: number): void
  }
  readonly collectGarbage: () => void
  readonly drain: (options: WorkerMethods['drain']['args']) => Promise<null>
}

/** Handles all that the primary tells and asks a worker after its welcome. */
export function createLinkHandlers(running: () => Listeners): Omit<Handlers<WorkerMethods>, 'welcome'> {
  return {
    addressFull: ({ addressKey, full }) => running().realTime.admission.setAddressFull(addressKey, full),
    namespaceFull: ({ namespace, full }) => running().realTime.admission.setNamespaceFull(namespace, full),
    shareParts: ({ key, parts }) => running().realTime.shares.setParts(key, parts),
    logPrice: ({ price }) => running().realTime.shares.setLogPrice(price),
    httpTaken: ({ taken }) => running().httpRates.takenElsewhere(taken),
    memoryShort: ({ short }) => running().realTime.admission.setMemoryShort(short),
    relieve: ({ closeSlow }) => {
      if (closeSlow) running().sweeper.relieve()
      // The connections that were just closed must be gone first.
      setImmediate(running().collectGarbage)
    },
    jwks: ({ keys: wire }) => {
      const { keys, sessions } = running().realTime
      keys.set(wire)
      sessions.keysChanged((key) => keys.isKnown(key))
    },
    goodChanged: ({ id }) => running().realTime.soldOut.changed(id),
    logLevel: ({ part, level }) => running().context.logs.setLevel(part, level),
    relay: ({ from, message }) => running().relay.received(from, message),
    workerGone: ({ worker }) => running().relay.workerGone(worker),
    kick: ({ connectionId }) => running().realTime.sessions.kick(connectionId),
    roomClosed: ({ room, hasGame }) => running().realTime.sessions.roomClosed(room, hasGame),
    gameStatus: ({ room, status }) => running().realTime.games.status(room, status),
    gameView: ({ connectionId, room }) => {
      const { sessions, games } = running().realTime
      const connection = sessions.all.get(connectionId)
      if (connection) games.viewChanged(connection, room)
    },
    roomLeft: ({ connectionId, room, why }) => running().realTime.sessions.roomLeft(connectionId, room, why),
    closeAll: (_args, reply) => {
      running().realTime.sessions.closeAll(CLOSE.nodeLostPlace, 'this node lost its place in the cluster')
      reply(null)
    },
    drain: (options, reply) => replyWith(running().drain(options), reply),
    ping: (_args, reply) => reply(null),
    canary: (_args, reply) => reply(null),
    metrics: (_args, reply) => replyWith(readMetrics(running()), reply),
  }
}

export function publishBlock({ sweeper, realTime }: Pick<Listeners, 'sweeper' | 'realTime'>, block: Buffer): void {
  sweeper.publishing(block.length)
  realTime.fanout.publish(decodeEventBlock(block))
}

export function publishGameBlock({ sweeper, realTime }: Pick<Listeners, 'sweeper' | 'realTime'>, block: Buffer): void {
  sweeper.publishing(block.length)
  realTime.games.publish(block)
}

async function readMetrics({ context }: Listeners): Promise<{ metrics: unknown }> {
  return { metrics: await context.metrics.toJson() }
}
