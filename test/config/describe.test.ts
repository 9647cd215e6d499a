import path from 'node:path'
import t from 'tap'
import { describeSettings } from '../../src/config/describe.ts'
import { loadConfig } from '../../src/config/load.ts'
import { SETTING_NAMES } from '../../src/config/settings.ts'

t.test('every setting is described with its value and where it came from, and no secret is shown', async (t) => {
  const file = path.join(t.testdir({ 'a.yaml': 'ETCD_USERNAME: root\nETCD_PASSWORD: hunter2\n' }), 'a.yaml')
  const env = {
    CONFIG_FILE: file,
    HTTP_PORT: '1',
    AUTH_JWT_SECRET: 'hunter2'.repeat(5),
    ADMIN_TOKEN: 'hunter2'.repeat(5),
  }
  const described = describeSettings(loadConfig({ env }))
  t.strictSame(
    described.map(({ name }) => name),
    SETTING_NAMES,
  )
  t.notMatch(JSON.stringify(described), /hunter2/)
  const find = (name: string) => described.find((one) => one.name === name)
  t.strictSame(find('HTTP_PORT'), { name: 'HTTP_PORT', value: 1, source: 'environment' })
  t.strictSame(find('ADMIN_TOKEN'), { name: 'ADMIN_TOKEN', value: '(hidden)', source: 'environment' })
  t.strictSame(find('ETCD_PASSWORD'), { name: 'ETCD_PASSWORD', value: '(hidden)', source: 'file' })
  t.strictSame(find('HISTORY_TTL'), { name: 'HISTORY_TTL', value: 600_000, source: 'default' })
  t.strictSame(find('AUTH_ISSUER'), { name: 'AUTH_ISSUER', value: null, source: 'default' })
})

t.test('a secret that is not set is not shown as if there were one', async (t) => {
  const described = describeSettings(loadConfig({ env: {} }))
  t.strictSame(
    described.find(({ name }) => name === 'AUTH_JWT_SECRET'),
    { name: 'AUTH_JWT_SECRET', value: null, source: 'default' },
  )
})
