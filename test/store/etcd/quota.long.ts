import t from 'tap'
import { StoreUnavailable } from '../../../src/store/store.ts'
import { etcdVersions, startEtcd } from '../../helpers/etcd.ts'
import { openTestNode } from '../../helpers/etcd-node.ts'

const [version] = etcdVersions()

t.test(
  'beyond the quota etcd takes no put, and takes deletes that are on condition of revisions',
  { skip: !version && 'no etcd here' },
  async (t) => {
    const args = ['--quota-backend-bytes', String(4 * 1024 * 1024)]
    const { endpoints } = await startEtcd(t, { version: version ?? '3.5', args })
    const { store } = await openTestNode(t, { endpoints, prefix: '/quota/' })
    let made = 0
    const fill = async () => {
      for (; made < 2_000; made++) {
        await store.commit({
          puts: [{ key: `k/${String(made).padStart(5, '0')}`, value: Buffer.alloc(15_000, 1) }],
          durable: true,
        })
      }
    }
    await t.rejects(fill(), StoreUnavailable)
    t.ok(made > 50, `${made} were put before`)
    const records = await store.list('k/', { limit: 50 })
    const remove = (guards: readonly { readonly key: string; readonly revision: number }[]) =>
      store.commit({
        guards: guards.map(({ key, revision }) => ({ key, revision })),
        deletes: guards.map(({ key }) => key),
        durable: true,
      })
    t.match(await remove(records), { committed: true })
    t.strictSame(
      await store.get(records.map(({ key }) => key)),
      records.map(() => undefined),
    )
    const again = await remove(records)
    t.match(again, { committed: false, conflicts: records.map(({ key }) => key) }, 'and not twice')
  },
)
