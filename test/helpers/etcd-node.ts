import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { openEtcd, type OpenEtcdOptions } from '../../src/store/etcd/open-etcd.ts'
import { PATIENCE_MS } from './patience.ts'
import type { Owner } from './server.ts'

const MIB = 1024 * 1024

/** A node in etcd without a server around it. It is closed when the owner ends. */
export async function openTestNode(
  owner: Owner,
  options: Pick<OpenEtcdOptions, 'endpoints'> & Partial<OpenEtcdOptions>,
): Promise<Awaited<ReturnType<typeof openEtcd>>> {
  const node = options.node ?? 'n1'
  const opened = await openEtcd({
    prefix: '/drumbeat/',
    node,
    token: `the token of ${node}`,
    ttlMs: 3_000,
    dialTimeoutMs: 1_000,
    startTimeoutMs: PATIENCE_MS,
    findTlsFault: () => Promise.resolve(undefined),
    retention: { ms: 600_000, bytes: 512 * MIB },
    history: { ms: 600_000, bytes: 64 * MIB },
    mayCompact: true,
    clock: systemClock,
    random: systemRandom,
    onCall() {},
    log: createLog({ level: 'silent', pretty: false, bindings: {} }),
    login: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined },
    onLost: () => {},
    ...options,
  })
  owner.teardown(() => opened.store.close())
  return opened
}
