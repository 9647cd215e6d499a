import { mergeMetrics, type Metrics } from '../metrics/metrics.ts'
import type { WorkerLink } from './supervisor.ts'

/** A worker that does not answer in this time is left out. */
const ANSWER_MS = 1_000

/** Prometheus text of this process and all workers. */
export async function gatherMetrics(
  own: Metrics,
  workers: readonly { readonly link: WorkerLink }[],
): Promise<{ contentType: string; text: string }> {
  const answers = await Promise.all(workers.map(({ link }) => askMetrics(link)))
  return mergeMetrics([await own.toJson(), ...answers.filter((answer) => answer !== undefined)])
}

function askMetrics(link: WorkerLink): Promise<unknown> {
  return Promise.race([
    link.ask('metrics', null).then(
      ({ metrics }) => metrics,
      () => undefined, // it is being replaced
    ),
    new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), ANSWER_MS).unref()),
  ])
}
