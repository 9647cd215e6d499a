import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { allowedMemory } from '../config/defaults.ts'

/** What the machine is; undefined is what it does not tell. */
export interface MachineFacts {
  readonly cpus: number
  /** Of the machine, or what the control group allows, where that is less. */
  readonly memoryBytes: number
  readonly somaxconn: number | undefined
  readonly synBacklog: number | undefined
  /** What outgoing connections are given, both included. */
  readonly portRange: readonly [number, number] | undefined
  /** As the kernel writes them: `8080,9000-9010`. */
  readonly reservedPorts: string
  /** undefined where nothing tracks connections. */
  readonly conntrackMax: number | undefined
  /** `always`, `madvise` or `never`. */
  readonly hugePages: string | undefined
  readonly clockSynchronised: boolean | undefined
}

/** @param root where /proc and /sys are */
export async function readMachine(root = '/'): Promise<MachineFacts> {
  const sysctl = (name: string) => readText(path.join(root, 'proc/sys', name))
  return {
    cpus: os.availableParallelism(),
    memoryBytes: allowedMemory(),
    somaxconn: toNumber(sysctl('net/core/somaxconn')),
    synBacklog: toNumber(sysctl('net/ipv4/tcp_max_syn_backlog')),
    portRange: toRange(sysctl('net/ipv4/ip_local_port_range')),
    reservedPorts: sysctl('net/ipv4/ip_local_reserved_ports') ?? '',
    conntrackMax: toNumber(sysctl('net/netfilter/nf_conntrack_max')),
    hugePages: toChosen(readText(path.join(root, 'sys/kernel/mm/transparent_hugepage/enabled'))),
    clockSynchronised: await readClockState(),
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined // another kernel, or a container that hides it
  }
}

function toNumber(text = ''): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function toRange(text = ''): readonly [number, number] | undefined {
  const [, from, to] = /^(\d+)\s+(\d+)$/.exec(text) ?? []
  return from === undefined ? undefined : [Number(from), Number(to)]
}

/** The word in brackets, as in `always [madvise] never`. */
function toChosen(text = ''): string | undefined {
  return /\[(\w+)\]/.exec(text)?.[1]
}

const ANSWER_MS = 3_000

/** By systemd, which asks the kernel: so it knows of chrony and ntpd, too. */
function readClockState(): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const args = ['show', '--property=NTPSynchronized', '--value']
    execFile('timedatectl', args, { timeout: ANSWER_MS }, (error, stdout) => {
      const said = stdout.trim()
      resolve(error === null && (said === 'yes' || said === 'no') ? said === 'yes' : undefined)
    })
  })
}
