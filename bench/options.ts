import { parseArgs } from 'node:util'
import type { Job } from './load/order.ts'
import type { Line, Workload } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

export const USAGE = `npm run bench -- [NAME…] [options]

NAME               ${WORKLOADS.map(({ name }) => name).join(', ')}; by default all of them
--runs N           runs of each server, in turn (5)
--peers A,B        only these lines of the tables, by their servers' names
--rate N           messages a second, for workloads with a rate
--connections N    for workloads with connections
--seconds N        measured window, for workloads with one
--quick            only checks that it works: 1 run, a tenth of the connections and rates, 1 s
`

const DEFAULT_RUNS = 5

const FLAGS = {
  runs: { type: 'string' },
  connections: { type: 'string' },
  rate: { type: 'string' },
  seconds: { type: 'string' },
  peers: { type: 'string' },
  quick: { type: 'boolean' },
} as const

export interface Options {
  readonly workloads: readonly Workload[]
  readonly runs: number
}

/** An argument names something that does not exist, or is not a number. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseFlags(args)
  const quick = values.quick === true
  const changes = {
    connections: parseNumber('--connections', values.connections, { least: 2, whole: true }),
    rate: parseNumber('--rate', values.rate, { least: 1 }),
    seconds: parseNumber('--seconds', values.seconds, { least: 0.1 }),
  }
  const peers = values.peers?.split(',')
  const workloads = (positionals.length === 0 ? WORKLOADS : positionals.map(findWorkload)).map((workload) => {
    const lines = workload.lines
      .filter(({ name, peer }) => !peers || peers.includes(peer) || peers.includes(name))
      .map((line): Line => ({ ...line, job: changeJob(quick ? makeQuick(line.job) : line.job, changes) }))
    return { ...workload, lines }
  })
  if (workloads.every(({ lines }) => lines.length === 0)) {
    const chosen = positionals.length === 0 ? WORKLOADS : positionals.map(findWorkload)
    const there = [...new Set(chosen.flatMap(({ lines }) => lines.map(({ name }) => name)))].join(', ')
    throw new UsageError(`no line has one of ${values.peers}; there are ${there}`)
  }
  return {
    workloads: workloads.filter(({ lines }) => lines.length > 0),
    runs: parseNumber('--runs', values.runs, { least: 1, whole: true }) ?? (quick ? 1 : DEFAULT_RUNS),
  }
}

function parseFlags(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ allowPositionals: true; options: typeof FLAGS }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

type Numbers = Readonly<Record<string, number | undefined>>

/** Changes the fields that the job has, and adds none. */
function changeJob(job: Job, changes: Numbers): Job {
  const known = Object.entries(changes).filter(([name, value]) => name in job.load && value !== undefined)
  return { ...job, load: { ...job.load, ...Object.fromEntries(known) } } as Job
}

function makeQuick(job: Job): Job {
  const load: Readonly<Record<string, unknown>> = { ...job.load }
  const tenth = (name: string): number | undefined => {
    const value = load[name]
    return typeof value === 'number' ? Math.ceil(value / 10) : undefined
  }
  const smaller = ['connections', 'rooms', 'rate', 'warmupConnections', 'slow'].map(
    (name) => [name, tenth(name)] as const,
  )
  return changeJob(job, { ...Object.fromEntries(smaller), seconds: 1, warmupSeconds: 0.5, settleSeconds: 0.5 })
}

function parseNumber(
  flag: string,
  text: string | boolean | undefined,
  { least, whole = false }: { readonly least: number; readonly whole?: boolean },
): number | undefined {
  if (text === undefined) return undefined
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= least && (!whole || Number.isInteger(value))) return value
  throw new UsageError(`${flag} must be ${whole ? 'an integer' : 'a number'} from ${least} up, not ${text}`)
}

function findWorkload(name: string): Workload {
  const workload = WORKLOADS.find((each) => each.name === name)
  if (workload === undefined) throw new UsageError(`there is no ${name}`)
  return workload
}
