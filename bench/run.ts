import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stopAll } from './child.ts'
import { findCores, type Cores } from './cores.ts'
import { describeMachine, readVersions } from './machine.ts'
import { parseOptions, USAGE, UsageError } from './options.ts'
import { findPeer } from './peers/index.ts'
import { createProgress } from './progress.ts'
import { waitForQuiet } from './quiet.ts'
import { renderMarkdown, toReport, type Report } from './report.ts'
import { renderPage } from './report-page.ts'
import { summarize } from './summary.ts'
import { measureOnce, type Trial } from './trial.ts'
import type { Line, Workload } from './workload.ts'

const RESULTS = join(import.meta.dirname, 'results')
const EXIT = { failed: 1, usage: 64, interrupted: 130 } as const

const progress = createProgress(process.stderr)
const interrupted = new AbortController()

/** Runs all lines in turn, several times, so that a change of the machine's speed affects all of them. */
async function runWorkload(workload: Workload, runs: number, cores: Cores): Promise<Report> {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  const trials: Trial[] = []
  for (let run = 1; run <= runs; run++) {
    for (const line of workload.lines) {
      const onPhase = (phase: string): void =>
        progress.show(`${workload.name} · run ${run} of ${runs} · ${line.title} · ${phase}`)
      onPhase('waiting for the machine to be quiet')
      await waitForQuiet(cores, interrupted.signal)
      trials.push(await runLine(line, cores, onPhase))
      interrupted.signal.throwIfAborted()
    }
  }
  progress.clear()
  const versions = readVersions(workload.lines.flatMap(({ peer }) => findPeer(peer).packages))
  return toReport(workload, { startedAt, cores, machine, versions, trials, ...summarize(workload, trials) })
}

/** A failed run is a result, too. */
async function runLine(line: Line, cores: Cores, onPhase: (phase: string) => void): Promise<Trial> {
  const measure = (job: Line['job']) => measureOnce({ peer: line.peer, job, cores, onPhase })
  try {
    return { line: line.name, ...(await (line.run ? line.run(measure) : measure(line.job))) }
  } catch (error) {
    return { line: line.name, failed: error instanceof Error ? error.message : String(error) }
  }
}

/** Writes the results so far as JSON, Markdown and a page, so that a long bench that is stopped keeps what it has. */
async function save(name: string, reports: readonly Report[]): Promise<string> {
  await mkdir(RESULTS, { recursive: true })
  const write = (end: string, text: string) => writeFile(join(RESULTS, `${name}.${end}`), text)
  await write('json', `${JSON.stringify(reports, undefined, 1)}\n`)
  await write('md', reports.map(renderMarkdown).join('\n'))
  await write('html', renderPage(reports))
  return join(RESULTS, `${name}.html`)
}

async function main(): Promise<void> {
  const { workloads, runs } = parseOptions(process.argv.slice(2))
  const cores = findCores()
  if (!cores.pinned) progress.say(`not pinned to cores: ${cores.why}`)
  const name = `bench-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  const reports: Report[] = []
  for (const workload of workloads) {
    const report = await runWorkload(workload, runs, cores)
    reports.push(report)
    process.stdout.write(`${renderMarkdown(report)}\n`)
    progress.say(`written to ${await save(name, reports)}`)
    if (report.trials.some((trial) => 'failed' in trial)) process.exitCode = EXIT.failed
  }
}

/** Stops everything that was started. After a second signal it does not wait for that, because the children end by themselves. */
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
