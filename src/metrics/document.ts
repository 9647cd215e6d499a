import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { MetricAbout } from './about.ts'
import { SECTIONS } from './catalog.ts'

/** Generates `docs/reference/metrics.md` from the catalog. */
export function renderMetrics(): string {
  const sections = Object.entries<Record<string, MetricAbout>>(SECTIONS).map(([title, metrics]) => {
    const rows = Object.values(metrics).map(row)
    return [`## ${title}`, '', ...HEAD, ...rows].join('\n')
  })
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`
}

const INTRODUCTION = `# Metrics

\`GET /metrics\` returns the metrics of a node. Those of its processes (primary, workers, hosts) are added up, except for
metrics with the label \`process\`. All names begin with \`drumbeat_\`. Units are seconds or bytes; a metric with neither in
its name counts things. The scrape configuration is \`config/prometheus/prometheus.yaml\`, the alerts are
\`config/prometheus/alerts.yaml\`, and the dashboard is \`config/grafana/dashboard.json\`. \`npm run docs -- metrics\`
writes this page from \`src/metrics/catalog/\`.`

const HEAD = ['| name | type, unit | labels | what it is | when it moves |', '| --- | --- | --- | --- | --- |']

function row(about: MetricAbout): string {
  const labels = (about.labels ?? []).map((label) => `\`${label}\``).join(', ')
  const cells = [`\`${about.name}\``, `${about.type}, ${unitOf(about)}`, labels, about.help, about.when]
  return `| ${cells.join(' | ')} |`
}

function unitOf({ name }: MetricAbout): string {
  if (/_seconds(_total)?$/.test(name)) return 'seconds'
  return /_bytes(_total)?$/.test(name) ? 'bytes' : 'count'
}

if (import.meta.main) writeFileSync(resolve(import.meta.dirname, '../../docs/reference/metrics.md'), renderMetrics())
