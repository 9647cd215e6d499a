import { spawnSync } from 'node:child_process'
import t from 'tap'

const CODE = `
  const { createLog } = await import('${new URL('../../src/base/log.ts', import.meta.url).href}')
  const { onPlaceLost } = await import('${new URL('../../src/node/place.ts', import.meta.url).href}')
  onPlaceLost(createLog({ level: 'info', pretty: false, bindings: {} }), { listening: [] })('another node has the name')
`

t.test('a place that is lost is said as an event of security, and ends the process to be started anew', async (t) => {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', CODE], { encoding: 'utf8' })
  t.equal(status, 75)
  t.match(JSON.parse(stdout), { level: 60, security: 'fence_lost', reason: 'another node has the name' })
})
