import { kickedRecord } from '../../connections/control.ts'
import type { Handlers } from '../../link/link.ts'
import type { ConnectionFilter, ConnectionInfo, OperationMethods } from '../../link/methods/operations.ts'
import { Refusal } from '../../protocol/errors.ts'
import { toSortedPage, type Page, type PageArgs } from '../../protocol/page.ts'
import { answerWith, changeInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'
import { sourcesOf, type Node } from '../node.ts'
import { readParts } from '../readiness.ts'

/** All but `listening`, which is the supervisor's. */
export function operationMethods(node: Node, worker: number): Omit<Handlers<OperationMethods>, 'listening'> {
  const { context, tokenKeys } = node
  const {
    clock,
    openReads: { operators },
  } = context
  return {
    reload: (_args, reply) => reply(node.reload.start()),
    logLevel: ({ part, level, forMs }, reply) => reply({ until: node.logLevels.set(part, level, forMs) }),
    unknownKey: () => tokenKeys.noteUnknownKid(),
    httpTaken: ({ taken }) => {
      for (const { id, link } of node.workers.listening) if (id !== worker) link.tell('httpTaken', { taken })
    },
    misfit: (misfit) => node.noteMisfit(misfit),
    ready: (_args, reply) =>
      answerWith(
        operators.read('ready', () => readyParts(node)),
        reply,
      ),
    metrics: (_args, reply) =>
      answerWith(
        operators.read('metrics', () => node.gathered.read(sourcesOf(node))),
        reply,
      ),
    connectionList: ({ only, ...page }, reply) => reply(listConnections(context, only, page)),
    kick: (whom, reply, _span, untilMs) => answerWith(changeInTime(clock, kick(context, whom), untilMs), reply),
  }
}

async function readyParts(node: Node) {
  const { context, tokenKeys } = node
  const parts = await readParts({
    readStore: () => context.store.get(['meta/ready']),
    readStoreFault: node.readStoreFault,
    nodes: () => context.cluster.nodes,
    clusterFault: () => context.cluster.fault,
    workersListening: () => node.workers.listening.length,
    workersWanted: context.settings.WORKERS,
    hostsListening: () => node.hosts.listening.length,
    hostsWanted: node.hostSupervisor.health.of,
    head: () => context.hub.head,
    draining: () => node.isDraining,
    clockApartMs: () => context.steadyClock.apartMs(),
    keysReady: () => tokenKeys.ready,
    memory: () => node.memory.part,
    canary: () => node.canary.ask(),
  })
  return { parts }
}

/** On whatever node they are. Throws NOT_FOUND, USER_OFFLINE. */
async function kick(
  { registry, store, hub }: PrimaryContext,
  whom: OperationMethods['kick']['args'],
): Promise<{ readonly kicked: number }> {
  const ids = 'userId' in whom ? Array.from(registry.ofUser(whom.userId), ({ id }) => id) : [whom.connectionId]
  if ('userId' in whom && ids.length === 0) throw new Refusal('USER_OFFLINE', `"${whom.userId}" is not connected`)
  if ('connectionId' in whom && !registry.get(whom.connectionId)) throw new Refusal('NOT_FOUND', 'no such connection')
  const result = await store.commit({ log: [kickedRecord(ids)], durable: false })
  if (!result.committed) throw new Refusal('UNAVAILABLE', 'the store did not take it')
  await hub.reached(result.offset)
  return { kicked: ids.length }
}

function listConnections({ registry }: PrimaryContext, only: ConnectionFilter, page: PageArgs): Page<ConnectionInfo> {
  // Ids are UUIDv7, made in the order of the connections on each worker.
  const sorted = [...(only.userId === null ? registry.all() : registry.ofUser(only.userId))]
    .filter(({ namespace }) => only.namespace === null || namespace === only.namespace)
    .filter(({ rooms }) => only.room === null || rooms.has(only.room))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const { items: shown, next_cursor } = toSortedPage(sorted, ({ id }) => id, page)
  const items = shown.map((connection) => ({
    connection_id: connection.id,
    namespace: connection.namespace,
    user_id: connection.userId,
    address: connection.addressKey,
    rooms: [...connection.rooms],
    opened_at: connection.openedAtMs,
    node: connection.node,
    worker: connection.worker,
  }))
  return { items, next_cursor }
}
