import { drumbeat } from '../peers/drumbeat.ts'
import { bareDialect, ownServer, type Peer } from '../peers/peer.ts'

/** Two workers on each node, as on a machine with two cores. */
export const WORKERS = 2

/** A design for the same task: nodes that share an etcd, each with some workers. */
export interface System {
  readonly name: string
  readonly title: string
  /** The programs to start, and how many workers accept connections in each. */
  readonly programs: (nodes: number, endpoint: string) => readonly Peer[]
  readonly workersPerProgram: number
}

/** A node of Drumbeat is a primary with its workers. */
export const drumbeatCluster: System = {
  name: 'drumbeat',
  title: 'Drumbeat',
  workersPerProgram: WORKERS,
  programs: (nodes, endpoint) => Array.from({ length: nodes }, (_, i) => drumbeatNode(`n${i + 1}`, endpoint)),
}

function drumbeatNode(NODE_ID: string, ETCD_ENDPOINTS: string): Peer {
  return {
    ...drumbeat,
    name: NODE_ID,
    server: (dataDir) => {
      const program = drumbeat.server(dataDir)
      const env = { ETCD_ENDPOINTS, NODE_ID, WORKERS: String(WORKERS), AUTH_JWT_SECRET: 'x'.repeat(32) }
      return { ...program, env: { ...program.env, ...env } }
    },
  }
}

/** In the plain design each worker is a process of its own, and there is nothing else: see servers/plain-etcd.ts. */
export const plainCluster: System = {
  name: 'plain',
  title: 'one put per message',
  workersPerProgram: 1,
  programs: (nodes, endpoint) => Array.from({ length: nodes * WORKERS }, () => plainWorker(endpoint)),
}

function plainWorker(endpoint: string): Peer {
  return {
    name: 'plain-etcd',
    title: 'one put per message',
    packages: ['etcd3', 'uWebSockets.js'],
    server: () => ownServer('plain-etcd', { ETCD_ENDPOINTS: endpoint }),
    dialect: bareDialect(() => '/'),
  }
}
