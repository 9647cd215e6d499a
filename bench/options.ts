import { parseArgs } from 'node:util'
import type { Load } from './load/broadcast.ts'
import { PEERS } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

export const USAGE = `npm run bench -- [NAME] [options]

NAME               ${WORKLOADS.map((workload) => workload.name).join(', ')}; all of them where there is none
--runs N           runs of each server, in turn (5)
--connections N    (1000)
--rate N           messages a second (300)
--seconds N        measured window (8), after a warm-up of a quarter of it
--peers A,B        ${PEERS.map((peer) => peer.name).join(', ')} (all)
--read-every MS    how long the generator rests between two rounds of reading (20); 0: it reads as bytes come
--quick            a look at whether it works: 1 run, 200 connections, 100/s, 2 s
`

const DEFAULT_RUNS = 5
const QUICK_RUNS = 1
const QUICK_LOAD = { connections: 200, rate: 100, seconds: 2 }
const WARMUP_SHARE = 0.25

const FLAGS = {
  runs: { type: 'string' },
  connections: { type: 'string' },
  rate: { type: 'string' },
  seconds: { type: 'string' },
  peers: { type: 'string' },
  'read-every': { type: 'string' },
  quick: { type: 'boolean' },
} as const

export interface Options {
  readonly workloads: readonly Workload[]
  readonly peers: readonly Peer[]
  readonly runs: number
}

/** What was asked for is not there, or is no number. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseFlags(args)
  if (positionals.length > 1) throw new UsageError('one NAME at most')
  const quick = values.quick === true
  const changed = (load: Load): Load => changeLoad(quick ? { ...load, ...QUICK_LOAD } : load, values)
  return {
    workloads: chooseWorkloads(positionals[0]).map((each) => ({ ...each, load: changed(each.load) })),
    peers: values.peers?.split(',').map(choosePeer) ?? PEERS,
    runs: parseNumber('--runs', values.runs, { least: 1, whole: true }) ?? (quick ? QUICK_RUNS : DEFAULT_RUNS),
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

function changeLoad(load: Load, values: { readonly [Flag in keyof typeof FLAGS]?: string | boolean }): Load {
  const seconds = parseNumber('--seconds', values.seconds, { least: 0.1 }) ?? load.seconds
  return {
    ...load,
    connections: parseNumber('--connections', values.connections, { least: 2, whole: true }) ?? load.connections,
    rate: parseNumber('--rate', values.rate, { least: 1 }) ?? load.rate,
    seconds,
    warmupSeconds: seconds * WARMUP_SHARE,
    readEveryMs: parseNumber('--read-every', values['read-every'], { least: 0 }) ?? load.readEveryMs,
  }
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

function chooseWorkloads(name: string | undefined): readonly Workload[] {
  if (name === undefined) return WORKLOADS
  const workload = WORKLOADS.find((each) => each.name === name)
  if (workload === undefined) throw new UsageError(`there is no ${name}`)
  return [workload]
}

function choosePeer(name: string): Peer {
  const peer = PEERS.find((each) => each.name === name)
  if (peer === undefined) throw new UsageError(`there is no server ${name}`)
  return peer
}
