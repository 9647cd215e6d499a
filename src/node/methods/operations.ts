import type { Handlers } from '../../link/link.ts'
import type { ConnectionFilter, ConnectionInfo, OperationMethods } from '../../link/methods/operations.ts'
import { toSortedPage, type Page, type PageArgs } from '../../protocol/page.ts'
import { answerWith } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'
import { sourcesOf, type Node } from '../node.ts'
import { readParts } from '../readiness.ts'
import { kickMethods } from './kicks.ts'

/** The methods for operators. `listening` is missing because the supervisor handles it. */
export function operationMethods(node: Node): Omit<Handlers<OperationMethods>, 'listening'> {
  const { context, tokenKeys } = node
  const { operators } = context.openReads
  return {
    reload: (_args, reply) => reply(node.reload.start()),
    gameSwap: ({ game }, reply) => answerWith(node.gameSwap.run(game), reply),
    logLevel: ({ part, level, forMs }, reply) => reply({ until: node.logLevels.set(part, level, forMs) }),
    unknownKey: () => tokenKeys.noteUnknownKid(),
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
    ...kickMethods(context),
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
    returns: () => context.games.returns.counts,
    head: () => context.hub.head,
    draining: () => node.isDraining,
    clockApartMs: () => context.steadyClock.apartMs(),
    keysReady: () => tokenKeys.ready,
    memory: () => node.memory.part,
    canary: () => node.canary.ask(),
  })
  return { parts }
}

function listConnections({ registry }: PrimaryContext, only: ConnectionFilter, page: PageArgs): Page<ConnectionInfo> {
  // Ids are UUIDv7, so on each worker they are in the order in which connections opened.
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
