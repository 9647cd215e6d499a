import t from 'tap'
import { readHealth, type HealthOptions } from '../../src/node/health.ts'
import { StoreUnavailable } from '../../src/store/store.ts'

const WELL: HealthOptions = {
  readStore: async () => [],
  isStoreOwn: true,
  connections: 7,
  hosts: { missing: 0, of: 0, fault: undefined },
  workers: { missing: 0, of: 2, fault: undefined },
  draining: false,
}

t.test('a node that is well says how much it carries', async (t) => {
  t.strictSame(await readHealth(WELL), { status: '7 connections, 2 of 2 workers', fault: undefined })
})

t.test('workers that do not answer are a fault', async (t) => {
  const health = await readHealth({ ...WELL, workers: { missing: 1, of: 2, fault: 'one is stuck' } })
  t.strictSame(health, { status: '7 connections, 1 of 2 workers; one is stuck', fault: 'one is stuck' })
})

t.test('a store of its own that cannot be read is a fault; an etcd that is out is only said', async (t) => {
  const readStore = () => Promise.reject(new StoreUnavailable('it is out'))
  const said = 'the store cannot be read: it is out'
  t.equal((await readHealth({ ...WELL, readStore })).fault, said)
  const node = await readHealth({ ...WELL, readStore, isStoreOwn: false })
  t.strictSame(node, { status: `7 connections, 2 of 2 workers; ${said}`, fault: undefined })
  const broken = () => Promise.reject(new TypeError('a defect'))
  t.match((await readHealth({ ...WELL, readStore: broken, isStoreOwn: false })).fault, 'a defect')
})

t.test('a node that drains has no fault: it ends anyway', async (t) => {
  const health = await readHealth({ ...WELL, draining: true, workers: { missing: 2, of: 2, fault: 'gone' } })
  t.strictSame(health, { status: '7 connections, 0 of 2 workers; draining; gone', fault: undefined })
})
