/** What is documented is there, and what is there is documented and as Prometheus wants it. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { METRICS } from '../../src/metrics/catalog.ts'
import type { MetricAbout } from '../../src/metrics/about.ts'
import { renderMetrics } from '../../src/metrics/document.ts'
import { openClient } from '../helpers/client.ts'
import { promtool, skipWithoutPrometheus } from '../helpers/prometheus.ts'
import { startServer } from '../helpers/server.ts'

const ALL: readonly MetricAbout[] = Object.values(METRICS)
const ROOT = resolve(import.meta.dirname, '../..')

t.test('docs/reference/metrics.md is what the catalog says (node src/metrics/document.ts)', async (t) => {
  t.equal(readFileSync(resolve(ROOT, 'docs/reference/metrics.md'), 'utf8'), renderMetrics())
  t.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length, 'no name twice')
  for (const { name, type, when, help } of ALL) {
    t.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    t.notMatch(name, /_(ms|milliseconds|kb|mb|kib|mib|percent)(_|$)/, 'base units')
    t.ok(when.length > 10 && help.length > 3, `${name} is explained`)
  }
})

t.test('a server has the metrics that are documented, and no others', async (t) => {
  const server = await startServer(t)
  const alice = await openClient(server, { token: server.mint('alice') })
  await alice.request('core.game.state.broadcast', { message: 1 })
  await alice.close()
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const found = [...text.matchAll(/^# TYPE drumbeat_(\S+) (\S+)$/gm)].map(([, name, type]) => `${type} ${name}`)
  t.strictSame(found.sort(), ALL.map(({ name, type }) => `${type} ${name}`).sort())

  await t.test('and each sample has the labels that are documented', async (t) => {
    for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
      const [, name = '', labels = ''] = /^drumbeat_(\w+)(?:{(.*)})? \S+$/.exec(line) ?? []
      const about = ALL.find((about) => about.name === name.replace(/_(bucket|sum|count)$/, '') || about.name === name)
      const given = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le')
      t.strictSame(given, about?.labels ?? [], line)
    }
  })

  await t.test('promtool finds nothing wrong with them', skipWithoutPrometheus('promtool'), async (t) => {
    t.strictSame(await promtool(['check', 'metrics'], text), { ok: true, said: '' })
    t.match(await promtool(['check', 'metrics'], '# TYPE x_count counter\nx_count 1\n'), { ok: false })
  })
})
