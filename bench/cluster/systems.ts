import { drumbeat } from '../peers/drumbeat.ts'
import { nothingToSay, ownServer, type Peer } from '../peers/peer.ts'

/** One node of a design, as a peer of the bench. */
export type System = (node: number, endpoint: string) => Peer

/** A node of Drumbeat: a primary and one worker. */
export const drumbeatNode: System = (node, endpoint) => ({
  ...drumbeat,
  server: (dataDir) => {
    const program = drumbeat.server(dataDir)
    const env = {
      ETCD_ENDPOINTS: endpoint,
      NODE_ID: `n${node}`,
      AUTH_JWT_SECRET: 'x'.repeat(32),
      ADMIN_TOKEN: 'x'.repeat(16),
    }
    return { ...program, env: { ...program.env, ...env } }
  },
})

/** A worker of the plain design: see servers/plain-etcd.ts. */
export const plainNode: System = (_node, endpoint) => ({
  name: 'plain-etcd',
  title: 'plain etcd3',
  packages: ['etcd3', 'uWebSockets.js'],
  server: () => ({ ...ownServer('plain-etcd'), env: { ETCD_ENDPOINTS: endpoint } }),
  path: '/',
  subprotocol: undefined,
  ready: undefined,
  request: (message) => message,
  answer: nothingToSay,
})
