import type { Settings } from '../config/settings.ts'
import { ok, showBytes, skip, warn, fail, type Finding } from './finding.ts'
import { isLoopback } from '../config/loopback.ts'
import type { MachineFacts } from './read-machine.ts'

/** uWebSockets.js asks for a queue of this many connections that a worker has not accepted yet. */
const BACKLOG = 512
const SYN_BACKLOG = 1024
/** For a connection with a token and a room, measured on this project's machine: bench/results/one-machine.md. */
const CONNECTION_BYTES = 4 * 1024
/** For a process without clients. */
const PROCESS_BYTES = 100 * 1024 * 1024
const NAMESPACES = 2

/** Judges whether the machine has what the settings need. Reads nothing itself. */
export function checkMachine(settings: Settings, facts: MachineFacts): readonly Finding[] {
  return [
    checkWorkers(settings, facts),
    checkMemory(settings, facts),
    checkQueue('somaxconn', 'net.core.somaxconn', facts.somaxconn, BACKLOG, 4096),
    checkQueue('syn backlog', 'net.ipv4.tcp_max_syn_backlog', facts.synBacklog, SYN_BACKLOG, 8192),
    checkPortRange(settings, facts),
    checkConntrack(settings, facts),
    checkHugePages(facts),
    checkClock(facts),
  ]
}

function checkWorkers({ WORKERS }: Settings, { cpus }: MachineFacts): Finding {
  if (WORKERS <= cpus) return ok('workers', `${WORKERS} on ${cpus} CPUs`)
  return warn('workers', `${WORKERS} share ${cpus} CPUs, and only take time from each other`, `WORKERS=${cpus}`)
}

function checkMemory(settings: Settings, { memoryBytes }: MachineFacts): Finding {
  const least = settings.HISTORY_BYTES + (settings.WORKERS + 1) * PROCESS_BYTES
  const most = least + NAMESPACES * settings.MAX_CONNECTIONS_PER_NAMESPACE * CONNECTION_BYTES
  const isLimited = settings.MEMORY_LIMIT !== 0 && settings.MEMORY_LIMIT < memoryBytes
  const usableBytes = isLimited ? settings.MEMORY_LIMIT : memoryBytes
  const there = showBytes(usableBytes)
  if (usableBytes < least) {
    const text = `${there} may be used, and ${showBytes(least)} are needed for ${settings.WORKERS} workers and HISTORY_BYTES`
    const more = isLimited ? 'a larger MEMORY_LIMIT' : 'more memory (MemoryMax= under systemd)'
    return fail('memory', text, `${more}, or a smaller HISTORY_BYTES or WORKERS`)
  }
  if (usableBytes < most) {
    const text = `${there} may be used, and with MAX_CONNECTIONS_PER_NAMESPACE clients in both namespaces ${showBytes(most)} are needed`
    const room = Math.max(1, Math.floor((usableBytes - least) / NAMESPACES / CONNECTION_BYTES))
    return warn('memory', text, `MAX_CONNECTIONS_PER_NAMESPACE=${room}`)
  }
  return ok('memory', `${there}, and ${showBytes(most)} when it is full`)
}

function checkQueue(check: string, name: string, is: number | undefined, least: number, advised: number): Finding {
  if (is === undefined) return skip(check, `${name} cannot be read here`)
  if (is >= least) return ok(check, `${name} is ${is}`)
  const text = `${name} is ${is}, under ${least}: connections are lost when all players come back at once`
  return warn(check, text, `sysctl -w ${name}=${advised}`)
}

function checkPortRange(settings: Settings, { portRange, reservedPorts }: MachineFacts): Finding {
  if (portRange === undefined) return skip('port range', 'net.ipv4.ip_local_port_range cannot be read here')
  const { HTTP_PORT: port, MAX_CONNECTIONS_PER_NAMESPACE: connections, TRUSTED_PROXIES: proxies } = settings
  const [from, to] = portRange
  if (port >= from && port <= to && !isReserved(port, reservedPorts)) {
    const list = reservedPorts === '' ? String(port) : `${reservedPorts},${port}`
    const text = `HTTP_PORT ${port} is in the range of outgoing connections (${from} to ${to}), so it may be taken when the server starts`
    return warn('port range', text, `sysctl -w net.ipv4.ip_local_reserved_ports=${list}`)
  }
  const ports = to - from + 1
  if (proxies.some(isLoopback) && ports < Math.min(connections, 50_000)) {
    const text = `the proxy on this machine has ${ports} ports for its connections to Drumbeat`
    return warn('port range', text, 'sysctl -w net.ipv4.ip_local_port_range="16384 65535"')
  }
  return ok('port range', `${from} to ${to}`)
}

function isReserved(port: number, reserved: string): boolean {
  return reserved.split(',').some((part) => {
    const [from, to = from] = part.split('-')
    return from !== undefined && from !== '' && port >= Number(from) && port <= Number(to)
  })
}

function checkConntrack(settings: Settings, { conntrackMax }: MachineFacts): Finding {
  if (conntrackMax === undefined) return ok('conntrack', 'connections are not tracked')
  const wanted = NAMESPACES * settings.MAX_CONNECTIONS_PER_NAMESPACE
  if (conntrackMax >= wanted) return ok('conntrack', `net.netfilter.nf_conntrack_max is ${conntrackMax}`)
  const text = `net.netfilter.nf_conntrack_max is ${conntrackMax}, and the settings allow ${wanted} connections: more are dropped`
  return warn('conntrack', text, `sysctl -w net.netfilter.nf_conntrack_max=${wanted * 2}`)
}

function checkHugePages({ hugePages }: MachineFacts): Finding {
  if (hugePages === undefined) return skip('huge pages', 'the kernel does not say')
  if (hugePages !== 'always') return ok('huge pages', hugePages)
  const text = 'transparent huge pages are always used: processes grow, and stall while pages are merged'
  return warn('huge pages', text, 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled')
}

function checkClock({ clockSynchronised }: MachineFacts): Finding {
  if (clockSynchronised === undefined) return skip('clock', 'timedatectl does not say whether it is synchronised')
  if (clockSynchronised) return ok('clock', 'synchronised')
  return warn('clock', 'it is not synchronised, and tokens expire by it', 'timedatectl set-ntp true')
}
