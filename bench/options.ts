import { parseArgs } from 'node:util'
import { findPeer, PEERS } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

export const USAGE = `npm run bench -- [NAME] [options]

NAME               ${WORKLOADS.map((workload) => workload.name).join(', ')}; all of them where there is none
--runs N           runs of each server, in turn (5)
--connections N    (1000)
--rate N           messages a second (300)
--seconds N        measured window (8), after a warm-up of a quarter of it
--peers A,B        ${PEERS.map((peer) => peer.name).join(', ')} (all)
--quick            a look at whether it works: 1 run, 200 connections, 100/s, 2 s
`

const DEFAULT_RUNS = 5
const QUICK = { runs: 1, connections: 200, rate: 100, seconds: 2 }
const WARMUP_SHARE = 0.25

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
  const fallback = values.quick === true ? QUICK : undefined
  const number = (name: 'runs' | 'connections' | 'rate' | 'seconds'): number | undefined =>
    values[name] === undefined ? fallback?.[name] : parseNumber(name, values[name])
  const seconds = number('seconds')
  const changes = {
    ...present('connections', number('connections')),
    ...present('rate', number('rate')),
    ...(seconds === undefined ? {} : { seconds, warmupSeconds: seconds * WARMUP_SHARE }),
  }
  return {
    workloads: chooseWorkloads(positionals[0]).map((each) => ({ ...each, load: { ...each.load, ...changes } })),
    peers: values.peers === undefined ? PEERS : values.peers.split(',').map(choosePeer),
    runs: number('runs') ?? DEFAULT_RUNS,
  }
}

function parseFlags(args: readonly string[]): ReturnType<typeof parseArgs<typeof FLAGS>> {
  try {
    return parseArgs({ ...FLAGS, args: [...args] })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const FLAGS = {
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    connections: { type: 'string' },
    rate: { type: 'string' },
    seconds: { type: 'string' },
    peers: { type: 'string' },
    quick: { type: 'boolean' },
  },
} as const

function present<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, number>)
}

function parseNumber(name: string, text: string): number {
  const value = Number(text)
  const whole = name === 'runs' || name === 'connections'
  if (!(value > 0) || value === Infinity || (whole && !Number.isInteger(value))) {
    throw new UsageError(`--${name} must be ${whole ? 'an integer' : 'a number'} above 0, not ${text}`)
  }
  return value
}

function chooseWorkloads(name: string | undefined): readonly Workload[] {
  if (name === undefined) return WORKLOADS
  const workload = WORKLOADS.find((each) => each.name === name)
  if (workload === undefined) throw new UsageError(`there is no ${name}`)
  return [workload]
}

function choosePeer(name: string): Peer {
  try {
    return findPeer(name)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
