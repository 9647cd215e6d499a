import { startServer, type Owner, type TestServer } from './server.ts'
import type { ServerEnv } from './server-process.ts'

const ADMIN_TOKEN = 'the-admin-token-of-the-tests'
const AUTH_JWT_SECRET = 'a secret for the tests, of thirty-two bytes and more'

/** The environment of a node in a cluster, without its name. */
export function clusterEnv(endpoints: readonly string[], prefix = '/drumbeat/'): ServerEnv {
  return { ETCD_ENDPOINTS: endpoints.join(','), ETCD_PREFIX: prefix, ADMIN_TOKEN, AUTH_JWT_SECRET, NODE_TTL: '3s' }
}

/** Starts real servers that share an etcd: n1, n2, … */
export function startNodes(
  owner: Owner,
  endpoints: readonly string[],
  options: { readonly count?: number; readonly env?: ServerEnv } = {},
): Promise<TestServer[]> {
  const { count = 3, env = {} } = options
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`)
  return Promise.all(names.map((NODE_ID) => startServer(owner, { ...clusterEnv(endpoints), NODE_ID, ...env })))
}
