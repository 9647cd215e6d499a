import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { allowedMemory } from '../config/defaults.ts'

/** Facts of the machine. Undefined means that the machine does not say. */
export interface MachineFacts {
  readonly cpus: number
  /** The memory of the machine, or what the control group allows if that is less. */
  readonly memoryBytes: number
  readonly somaxconn: number | undefined
  readonly synBacklog: number | undefined
  /** The ports that outgoing connections get. Both ends are included. */
  readonly portRange: readonly [number, number] | undefined
  /** As the kernel writes them: `8080,9000-9010`. */
  readonly reservedPorts: string
  /** Undefined if connections are not tracked. */
  readonly conntrackMax: number | undefined
  /** `always`, `madvise` or `never`. */
  readonly hugePages: string | undefined
  readonly clockSynchronised: boolean | undefined
}

/** @param root the folder with /proc and /sys */
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

/** Returns the word in brackets, as in `always [madvise] never`. */
function toChosen(text = ''): string | undefined {
  return /\[(\w+)\]/.exec(text)?.[1]
}

const ANSWER_MS = 3_000

/** systemd asks the kernel, so it also knows of chrony and ntpd. */
function readClockState(): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const args = ['show', '--property=NTPSynchronized', '--value']
    execFile('timedatectl', args, { timeout: ANSWER_MS }, (error, stdout) => {
      const said = stdout.trim()
      resolve(error === null && (said === 'yes' || said === 'no') ? said === 'yes' : undefined)
    })
  })
}
