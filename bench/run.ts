import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stopAll } from './child.ts'
import { findCores, type Cores } from './cores.ts'
import { describeMachine, readVersions } from './machine.ts'
import { parseOptions, USAGE, UsageError, type Options } from './options.ts'
import { createProgress } from './progress.ts'
import { waitForQuiet } from './quiet.ts'
import { renderMarkdown, type Report } from './report.ts'
import { summarize } from './summary.ts'
import { runTrial, type Trial } from './trial.ts'
import type { Workload } from './workloads.ts'

const RESULTS = join(import.meta.dirname, 'results')
const EXIT = { failed: 1, usage: 64, interrupted: 130 } as const

const progress = createProgress(process.stderr)
const interrupted = new AbortController()

/** Runs all peers in turn, and that several times: a change of the machine's mood then meets all of them. */
async function runWorkload(workload: Workload, options: Options, cores: Cores): Promise<Report> {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  const trials: Trial[] = []
  for (let run = 1; run <= options.runs; run++) {
    for (const peer of options.peers) {
      const onPhase = (phase: string): void =>
        progress.show(`${workload.name} · run ${run} of ${options.runs} · ${peer.title} · ${phase}`)
      onPhase('waiting for the machine to be quiet')
      await waitForQuiet(cores, interrupted.signal)
      onPhase('starting')
      const trial = await runTrial({ peer, load: workload.load, cores, onPhase })
      interrupted.signal.throwIfAborted()
      trials.push(trial)
    }
  }
  progress.clear()
  const versions = readVersions(options.peers.flatMap((peer) => peer.packages))
  return { startedAt, workload, cores, machine, versions, summary: summarize(trials, workload.load), trials }
}

async function save(report: Report): Promise<string> {
  const stamp = report.startedAt.replaceAll(/[:.]/g, '-')
  const path = join(RESULTS, `${report.workload.name}-${stamp}.json`)
  await mkdir(RESULTS, { recursive: true })
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`)
  return path
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  const cores = findCores()
  if (!cores.pinned) progress.say(`not pinned to cores: ${cores.why}`)
  for (const workload of options.workloads) {
    const report = await runWorkload(workload, options, cores)
    process.stdout.write(renderMarkdown(report))
    progress.say(`written to ${await save(report)}`)
    if (report.trials.some((trial) => 'failed' in trial)) process.exitCode = EXIT.failed
  }
}

/** Everything started is stopped first; a second signal does not wait for that, and the children see to it themselves. */
function onSignal(): void {
  if (interrupted.signal.aborted) process.exit(EXIT.interrupted)
  interrupted.abort()
  progress.say('stopping')
  void stopAll()
}

process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
process.on('SIGHUP', onSignal)

try {
  await main()
} catch (error) {
  await stopAll()
  progress.clear()
  if (!interrupted.signal.aborted)
    process.stderr.write(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : `${String(error)}\n`)
  process.exitCode = interrupted.signal.aborted
    ? EXIT.interrupted
    : error instanceof UsageError
      ? EXIT.usage
      : EXIT.failed
}
