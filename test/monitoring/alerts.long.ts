/** Each alert fires for what it is meant for, after its time, and not for what is nearly that. */
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { METRICS } from '../../src/metrics/catalog.ts'
import { promtool, skipWithoutPrometheus } from '../helpers/prometheus.ts'

const RULES = resolve(import.meta.dirname, '../../config/prometheus/alerts.yaml')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

type Series = Readonly<Record<string, string>>
type Labels = Readonly<Record<string, string>>

interface Case {
  /** Values in Prometheus's notation, one for each minute, from 0 on. */
  readonly fires: Series
  readonly quiet: Series
  /** Of the alert, beside its severity. */
  readonly labels?: Labels
  /** In minutes; 30 where it is not said. */
  readonly at?: number
}

const A = { instance: 'a' }
const UP = 'up{job="drumbeat",instance="a"}'
const gauge = (name: string, labels = '') => `drumbeat_${name}{instance="a"${labels}}`
/** A gauge that is one value for half an hour. */
const steady = (name: string, value: number, labels = ''): Series => ({ [gauge(name, labels)]: `${value}x60` })
/** A counter that grows by so much a second. */
const growing = (name: string, perSecond: number, labels = ''): Series => ({
  [gauge(name, labels)]: `0+${perSecond * 60}x60`,
})
/** A histogram with all of what it has seen between these two buckets. */
const seen = (name: string, below: string, upTo: string, labels = ''): Series => ({
  ...growing(`${name}_bucket`, 0, `${labels},le="${below}"`),
  ...growing(`${name}_bucket`, 10, `${labels},le="${upTo}"`),
  ...growing(`${name}_bucket`, 10, `${labels},le="+Inf"`),
})
const twoNodes = (name: string, a: number, b: number): Series => ({
  [`drumbeat_${name}{instance="a"}`]: `${a}x60`,
  [`drumbeat_${name}{instance="b"}`]: `${b}x60`,
})
const slow = (name: string, labels = ''): Case => ({
  fires: seen(name, '0.25', '1', labels),
  quiet: seen(name, '0.1', '0.25', labels),
  labels: A,
})
const WORKER = ',process="worker-1"'

const CASES: Readonly<Record<string, Case>> = {
  DrumbeatNodeDown: { fires: { [UP]: '1x20 0x40' }, quiet: { [UP]: '1x60' }, labels: { job: 'drumbeat', ...A } },
  DrumbeatWorkersMissing: {
    fires: { ...steady('workers_listening', 3), ...steady('workers_wanted', 4) },
    quiet: { ...steady('workers_listening', 4), ...steady('workers_wanted', 4) },
    labels: A,
  },
  DrumbeatWorkerRestarts: {
    fires: { [gauge('worker_restarts_total')]: '0x20 4x40' },
    quiet: { [gauge('worker_restarts_total')]: '0x20 1x40' },
    labels: A,
  },
  DrumbeatHostsMissing: {
    fires: { ...steady('hosts_listening', 1), ...steady('hosts_wanted', 2) },
    quiet: { ...steady('hosts_listening', 0), ...steady('hosts_wanted', 0) },
    labels: A,
  },
  DrumbeatHostRestarts: {
    fires: { [gauge('host_restarts_total')]: '0x20 4x40' },
    quiet: { [gauge('host_restarts_total')]: '0x20 1x40' },
    labels: A,
  },
  DrumbeatGameFails: {
    fires: { [gauge('game_rooms_ended_total', ',why="failed"')]: '0x20 1x40' },
    quiet: { [gauge('game_rooms_ended_total', ',why="over"')]: '0+1x60' },
    labels: A,
  },
  DrumbeatTicksLate: {
    fires: { ...growing('game_ticks_total', 100), ...growing('game_late_ticks_total', 5) },
    quiet: { ...growing('game_ticks_total', 100), ...growing('game_late_ticks_total', 0.5) },
    labels: A,
  },
  DrumbeatJournalStands: {
    fires: steady('game_journal_waiting_bytes', 1),
    quiet: steady('game_journal_waiting_bytes', 0),
    labels: A,
  },
  DrumbeatLoopDelay: {
    fires: steady('event_loop_delay_p99_seconds', 0.2, WORKER),
    quiet: steady('event_loop_delay_p99_seconds', 0.05, WORKER),
    labels: { ...A, process: 'worker-1' },
  },
  DrumbeatCpuFull: {
    fires: growing('process_cpu_seconds_total', 0.99, WORKER),
    quiet: growing('process_cpu_seconds_total', 0.8, WORKER),
    labels: { ...A, process: 'worker-1' },
  },
  DrumbeatHeapNearLimit: {
    fires: steady('process_heap_used_bytes', 3.8e9, WORKER),
    quiet: steady('process_heap_used_bytes', 1e9, WORKER),
    labels: { ...A, process: 'worker-1' },
  },
  DrumbeatMemoryShort: {
    fires: steady('memory_short', 1),
    quiet: { [gauge('memory_short')]: '0x10 1 0x49' },
    labels: A,
  },
  DrumbeatLinkFull: {
    fires: steady('link_queue_bytes', 1e8, WORKER),
    quiet: steady('link_queue_bytes', 1e6, WORKER),
    labels: { ...A, process: 'worker-1' },
  },
  DrumbeatPlaceLost: { fires: steady('node_place_held', 0), quiet: steady('node_place_held', 1), labels: A },
  DrumbeatNodesDisagree: { fires: twoNodes('cluster_nodes', 2, 1), quiet: twoNodes('cluster_nodes', 2, 2) },
  DrumbeatNoCaretaker: { fires: twoNodes('cluster_caretaker', 0, 0), quiet: twoNodes('cluster_caretaker', 0, 1) },
  DrumbeatLogBehind: {
    fires: { ...twoNodes('log_head_offset', 1000, 5000), ...twoNodes('cluster_nodes', 2, 2) },
    // Two servers that know nothing of each other count for themselves.
    quiet: { ...twoNodes('log_head_offset', 1000, 5000), ...twoNodes('cluster_nodes', 1, 1) },
    labels: A,
  },
  DrumbeatEtcdErrors: {
    fires: growing('etcd_call_errors_total', 1, ',call="txn"'),
    quiet: growing('etcd_call_errors_total', 0.1, ',call="txn"'),
    labels: A,
  },
  DrumbeatEtcdSlow: slow('etcd_call_seconds', ',call="txn"'),
  DrumbeatStoreTakesNoWrites: { fires: steady('store_up', 0), quiet: steady('store_up', 1), labels: A },
  DrumbeatDiskFull: {
    fires: steady('disk_free_bytes', 1e8, ',folder="DATA_DIR"'),
    quiet: steady('disk_free_bytes', 1e10, ',folder="DATA_DIR"'),
    labels: { ...A, folder: 'DATA_DIR' },
  },
  DrumbeatCommitsSlow: slow('commit_seconds'),
  DrumbeatCommitQueue: {
    fires: steady('commit_queue_length', 20_000),
    quiet: steady('commit_queue_length', 500),
    labels: A,
  },
  DrumbeatPurchasesFail: {
    fires: {
      ...growing('purchases_total', 10, ',outcome="receipt"'),
      ...growing('purchases_total', 2, ',outcome="UNAVAILABLE"'),
    },
    // What players are told no for is no fault.
    quiet: {
      ...growing('purchases_total', 10, ',outcome="receipt"'),
      ...growing('purchases_total', 20, ',outcome="INSUFFICIENT_FUNDS"'),
      ...growing('purchases_total', 0, ',outcome="UNAVAILABLE"'),
    },
    labels: A,
  },
  DrumbeatDefects: {
    fires: { [gauge('refusals_total', ',code="INTERNAL"')]: '0x26 1x34' },
    quiet: { [gauge('refusals_total', ',code="NOT_IN_ROOM"')]: '0x26 1x34' },
    labels: A,
  },
  DrumbeatRequestsSlow: {
    fires: seen('request_seconds', '0.25', '5', ',event_type="x"'),
    quiet: seen('request_seconds', '0.1', '0.25', ',event_type="x"'),
    labels: A,
  },
  DrumbeatConnectionsDrop: {
    fires: { [gauge('connections', ',namespace="private"')]: '1000x27 100x33' },
    quiet: { [gauge('connections', ',namespace="private"')]: '1000x27 900x33' },
  },
  DrumbeatTokensRefused: {
    fires: {
      ...growing('handshakes_total', 10, ',result="accepted"'),
      ...growing('handshakes_total', 10, ',result="TOKEN_EXPIRED"'),
    },
    quiet: {
      ...growing('handshakes_total', 100, ',result="accepted"'),
      ...growing('handshakes_total', 2, ',result="TOKEN_EXPIRED"'),
    },
    labels: A,
  },
  DrumbeatNamespaceFull: {
    fires: growing('handshakes_total', 1, ',result="OVERLOADED"'),
    quiet: growing('handshakes_total', 1, ',result="accepted"'),
    labels: { ...A, result: 'OVERLOADED' },
  },
  DrumbeatSlowConsumers: {
    fires: growing('slow_consumers_total', 3),
    quiet: growing('slow_consumers_total', 0.1),
    labels: A,
  },
  DrumbeatTokenKeysMissing: { fires: steady('token_keys_ready', 0), quiet: steady('token_keys_ready', 1), labels: A },
  DrumbeatAdminTokenGuessed: {
    fires: growing('security_events_total', 1, ',event="admin_token_invalid"'),
    quiet: growing('security_events_total', 0.01, ',event="admin_token_invalid"'),
    labels: { ...A, event: 'admin_token_invalid' },
  },
  DrumbeatRateLimits: {
    fires: growing('rate_limited_total', 100, ',kind="frames"'),
    quiet: growing('rate_limited_total', 10, ',kind="frames"'),
    labels: { ...A, kind: 'frames' },
  },
}

const groups = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups
const RULES_BY_NAME = new Map(groups.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]))

/** What promtool says of this alert over these series. `isExpected`: that it fires. */
async function judge(t: Test, { series, rule, labels, at }: Judged, isExpected: boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'drumbeat-alerts-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await copyFile(RULES, join(folder, 'alerts.yaml'))
  const expected = { exp_labels: { ...labels, ...rule.labels }, exp_annotations: rule.annotations }
  const test = {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${at}m`, alertname: rule.alert, exp_alerts: isExpected ? [expected] : [] }],
  }
  const file = join(folder, 'test.yaml')
  await writeFile(file, JSON.stringify({ rule_files: ['alerts.yaml'], evaluation_interval: '15s', tests: [test] }))
  return promtool(['test', 'rules', file])
}

interface Judged {
  readonly series: Series
  readonly rule: Rule
  readonly labels: Labels
  readonly at: number
}

t.test('every alert says for how long, how bad it is and what to do, and names what exists', async (t) => {
  t.strictSame([...RULES_BY_NAME.keys()].sort(), Object.keys(CASES).sort(), 'each has its case below')
  const names = Object.values(METRICS).map(({ name }) => `drumbeat_${name}`)
  for (const { alert, for: time, labels, annotations, expr } of RULES_BY_NAME.values()) {
    t.match(time, /^\d+[smh]$/, alert)
    t.ok(['critical', 'warning'].includes(labels['severity'] ?? ''), alert)
    t.ok((annotations['summary']?.length ?? 0) > 10 && (annotations['runbook']?.length ?? 0) > 40, alert)
    for (const [name] of expr.matchAll(/drumbeat_\w+/g)) t.ok(names.includes(name.replace(/_bucket$/, '')), name)
  }
})

t.test('promtool', skipWithoutPrometheus('promtool'), async (t) => {
  t.match(await promtool(['check', 'rules', RULES]), { ok: true })
  for (const [alert, { fires, quiet, labels = {}, at = 30 }] of Object.entries(CASES)) {
    await t.test(alert, async (t) => {
      const rule = RULES_BY_NAME.get(alert)
      if (!rule) throw new Error('no such alert')
      const fired = await judge(t, { series: fires, rule, labels, at }, true)
      t.ok(fired.ok, `it fires ${fired.ok ? '' : fired.said}`)
      const waited = await judge(t, { series: fires, rule, labels, at: 0 }, false)
      t.ok(waited.ok, `not at once ${waited.ok ? '' : waited.said}`)
      const silent = await judge(t, { series: quiet, rule, labels, at }, false)
      t.ok(silent.ok, `it is quiet ${silent.ok ? '' : silent.said}`)
    })
  }
})
