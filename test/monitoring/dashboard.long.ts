/** The dashboard, and a Prometheus that scrapes a server under a little load as the example says. */
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { METRICS } from '../../src/metrics/catalog.ts'
import { until } from '../helpers/until.ts'
import { openClient, TestClient } from '../helpers/client.ts'
import { promtool, skipWithoutPrometheus, startPrometheus } from '../helpers/prometheus.ts'
import { startServer, type Owner, type TestServer } from '../helpers/server.ts'

const CONFIG = resolve(import.meta.dirname, '../../config')

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

interface Dashboard {
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: { query: string } }[] }
  readonly panels: readonly Panel[]
}

const DASHBOARD = JSON.parse(readFileSync(join(CONFIG, 'grafana/dashboard.json'), 'utf8')) as Dashboard
const NAMES = Object.values(METRICS).map(({ name, type }) => ({ name: `drumbeat_${name}`, type }))

const QUERIES = DASHBOARD.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))

/** As Grafana fills it in where all nodes and processes are chosen. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(node|process)\b/g, '.*')
}

/** The example's configuration, for this server, and in a hurry. */
async function configFor(owner: Owner, server: TestServer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drumbeat-scrape-'))
  owner.teardown(() => rm(folder, { recursive: true, force: true }))
  const example = parse(readFileSync(join(CONFIG, 'prometheus/prometheus.yaml'), 'utf8'))
  Object.assign(example.global, { scrape_interval: '1s', evaluation_interval: '1s' })
  const [job] = example.scrape_configs
  Object.assign(job, { scheme: 'http', static_configs: [{ targets: [new URL(server.url).host] }] })
  await copyFile(join(CONFIG, 'prometheus/alerts.yaml'), join(folder, 'alerts.yaml'))
  await writeFile(join(folder, job.authorization.credentials_file), server.adminToken)
  const file = join(folder, 'prometheus.yaml')
  await writeFile(file, JSON.stringify(example)) // which is YAML
  return file
}

/** Something of everything that the dashboard shows. */
async function play(server: TestServer): Promise<void> {
  await new TestClient(server.wsUrl, { token: 'no.token.atall' }).opened.catch(() => {})
  const alice = await openClient(server, { token: server.mint('alice') })
  await alice.request('core.game.state.broadcast', { message: { x: 1 } })
  await alice.request('core.game.state.get', {})
  await alice.request('core.game.state.buy_good', { good_id: 'sword', count: 1 })
  await alice.request('core.game.state.send_message', { target_user_id: 'nobody', text: 'x' })
  await alice.close()
}

t.test('panels have a place of their own, names that exist, and leave no metric out', async (t) => {
  t.ok(DASHBOARD.schemaVersion >= 39, 'Grafana 11 or later')
  t.equal(new Set(DASHBOARD.panels.map(({ id }) => id)).size, DASHBOARD.panels.length)
  const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  t.equal(new Set(cells).size, cells.length, 'none lies over another')
  t.notOk(
    DASHBOARD.panels.some(({ gridPos: { x, w } }) => x + w > 24),
    'none is cut off',
  )
  const variables = DASHBOARD.templating.list.map(({ name }) => name)
  t.strictSame(variables, ['datasource', 'node', 'process'])
  const used = new Set<string>()
  for (const text of [
    ...QUERIES.map(({ expr }) => expr),
    ...DASHBOARD.templating.list.map(({ query }) => query.query),
  ]) {
    for (const [name] of (text ?? '').matchAll(/drumbeat_\w+/g)) {
      const metric = NAMES.find((one) => one.name === name || name === `${one.name}${histogramPart(name)}`)
      t.ok(metric, `${name} exists`)
      if (metric) used.add(metric.name)
    }
  }
  t.strictSame(
    NAMES.map(({ name }) => name).filter((name) => !used.has(name)),
    [],
    'each metric is in a panel',
  )
})

function histogramPart(name: string): string {
  return /_(bucket|sum|count)$/.exec(name)?.[0] ?? ''
}

t.test('the example is a configuration', skipWithoutPrometheus('promtool'), async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  t.match(await promtool(['check', 'config', await configFor(t, server)]), { ok: true })
  const isRefused = await promtool(['check', 'config', join(CONFIG, 'prometheus/prometheus.yaml')])
  t.match(isRefused.said, 'drumbeat-admin-token', 'the example itself wants the token in its file')
})

t.test('every query of the dashboard gives data of a server', skipWithoutPrometheus('prometheus'), async (t) => {
  const server = await startServer(t, { GAME_HOSTS: '1' })
  const prometheus = await startPrometheus(t, await configFor(t, server))
  // Only a node of a cluster calls etcd.
  const queries = QUERIES.filter(({ expr }) => !expr.includes('drumbeat_etcd_call_seconds'))
  t.ok(queries.length > 50)
  for (const { expr } of QUERIES) await prometheus.query(filledIn(expr)) // throws where it is none
  await t.rejects(prometheus.query('rate(drumbeat_commits_total)'), 'and what is none is seen')
  let empty = queries
  await until(async () => {
    await play(server)
    const results = await Promise.all(queries.map(({ expr }) => prometheus.query(filledIn(expr))))
    empty = queries.filter((_, i) => results[i]?.length === 0)
    return empty.length === 0
  })
  t.strictSame(empty, [])
  const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing')
  t.strictSame(firing, [], 'no alert for a server that is well')
})
