import { PATIENCE_MS } from './patience.ts'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onFreePorts } from './ports.ts'
import type { Owner } from './server.ts'
import { until } from './until.ts'

export type EtcdVersion = '3.4' | '3.5'

export interface EtcdOptions {
  /** By default 3.5. */
  readonly version?: EtcdVersion
  /** By default 1. */
  readonly members?: 1 | 3
  /**
   * PEM files. With them it also listens for TLS, on `secureEndpoint`, and clients have to show a certificate of that authority.
   */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
  /** Given to each member after the other arguments, so they take precedence. */
  readonly args?: readonly string[]
}

/** src/setup/ensure-debian.mjs has put the programs there. */
const BINARIES = fileURLToPath(new URL('../../node_modules/.cache/drumbeat/etcd/', import.meta.url))
const HOST = '127.0.0.1'
const ANSWER_MS_MAX = 1_000
const LOG_CHARS = 4_000
const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024

/** The versions whose programs are installed. */
export function etcdVersions(): readonly EtcdVersion[] {
  return (['3.4', '3.5'] as const).filter((version) => existsSync(join(BINARIES, version, 'etcdctl')))
}

/** For the options of `t.test`: the reason to skip, or false. */
export function skipWithout(version: EtcdVersion): { readonly skip: string | false } {
  return { skip: !etcdVersions().includes(version) && `no etcd ${version} here (ensure-installed.mjs says why)` }
}

/**
 * Starts a real etcd with one or three members, on free ports of 127.0.0.1 and in a folder of its own. Resolves when it is
 * healthy. It ends with the owner, and also with this process, whatever the cause.
 */
export async function startEtcd(owner: Owner, options: EtcdOptions = {}): Promise<TestEtcd> {
  const { version = '3.5', members = 1 } = options
  if (!etcdVersions().includes(version)) throw new Error(`there is no etcd ${version} in ${BINARIES}`)
  return onFreePorts(2 * members + 1, (ports) => startOn(ports, owner, options))
}

async function startOn(ports: readonly number[], owner: Owner, options: EtcdOptions): Promise<TestEtcd> {
  const { version = '3.5', members = 1, args = [], tls } = options
  const folder = await mkdtemp(join(tmpdir(), 'drumbeat-etcd-'))
  const secureEndpoint = `https://${HOST}:${ports[2 * members]}`
  const places = Array.from({ length: members }, (_, index) => ({
    name: `m${index}`,
    endpoint: `http://${HOST}:${ports[2 * index]}`,
    peerUrl: `http://${HOST}:${ports[2 * index + 1]}`,
  }))
  const cluster = places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')
  const etcd = new TestEtcd(
    version,
    secureEndpoint,
    places.map(({ name, endpoint, peerUrl }) => {
      const own = [
        `--name=${name}`,
        `--data-dir=${join(folder, name)}`,
        `--listen-client-urls=${endpoint}${tls ? `,${secureEndpoint}` : ''}`,
        ...(tls ? [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`] : []),
        ...(tls ? [`--trusted-ca-file=${tls.ca}`, '--client-cert-auth'] : []),
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=${cluster}`,
        `--initial-cluster-token=${folder}`,
      ]
      const restoring = [
        `--name=${name}`,
        `--data-dir=${join(folder, name)}`,
        `--initial-cluster=${cluster}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
      ]
      const binary = join(BINARIES, version, 'etcd')
      return new EtcdMember(endpoint, binary, [...own, ...args], join(folder, `${name}.log`), {
        folder: join(folder, name),
        args: restoring,
        token: folder,
      })
    }),
  )
  owner.teardown(async () => {
    await Promise.all(etcd.members.map((member) => member.kill()))
    await rm(folder, { recursive: true, force: true })
  })
  await Promise.all(etcd.members.map((member) => member.start()))
  return etcd
}

export class TestEtcd {
  readonly version: EtcdVersion
  readonly members: readonly EtcdMember[]
  readonly endpoints: readonly string[]
  /** The first member's endpoint for TLS, if it has one. */
  readonly secureEndpoint: string

  constructor(version: EtcdVersion, secureEndpoint: string, members: readonly EtcdMember[]) {
    this.version = version
    this.secureEndpoint = secureEndpoint
    this.members = members
    this.endpoints = members.map(({ endpoint }) => endpoint)
  }

  /** The first member, or the only one. */
  get member(): EtcdMember {
    const [first] = this.members
    if (!first) throw new Error('there is no member')
    return first
  }

  /** The member that says that it is the leader in the latest term. Waits for an election. Stopped members are not asked. */
  async leader(): Promise<EtcdMember> {
    let found: EtcdMember | undefined
    const look = async () => {
      const all = await Promise.all(
        this.members.map(async (member) => ({ member, status: await member.status().catch(() => undefined) })),
      )
      const terms = all.map(({ status }) => status?.term ?? 0)
      const latest = Math.max(...terms)
      found = all.find(({ status }) => status?.isLeader === true && status.term === latest)?.member
      return found !== undefined
    }
    await until(look)
    if (!found) throw new Error('no leader was elected')
    return found
  }

  /**
   * Ends all members, replaces their data by a snapshot of `etcdctl snapshot save`, and starts them again. With `asOthers` they
   * are another etcd cluster after that, on the same endpoints.
   */
  async restore(file: string, { asOthers = false } = {}): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    for (const { restoring } of this.members) {
      await rm(restoring.folder, { recursive: true, force: true })
      const token = asOthers ? `${restoring.token}-others` : restoring.token
      await this.etcdctl('snapshot', 'restore', file, ...restoring.args, `--initial-cluster-token=${token}`)
    }
    await Promise.all(this.members.map((member) => member.start()))
  }

  /** Resolves to its standard output. Rejects if it fails. */
  async etcdctl(...args: string[]): Promise<string> {
    const file = join(BINARIES, this.version, 'etcdctl')
    const { PATH = '' } = process.env
    const all = [`--endpoints=${this.endpoints.join(',')}`, ...args]
    const options = { env: { PATH, ETCDCTL_API: '3' }, maxBuffer: OUTPUT_BYTES_MAX }
    const { stdout } = await promisify(execFile)(file, all, options)
    return stdout
  }
}

/** What `etcdctl snapshot restore` needs to make a member's data. */
interface Restoring {
  readonly folder: string
  readonly args: readonly string[]
  readonly token: string
}

/** One member: a process that can be stopped, killed and started again with the same data and ports. */
export class EtcdMember {
  readonly endpoint: string
  readonly restoring: Restoring
  readonly #binary: string
  readonly #args: readonly string[]
  readonly #logFile: string
  #process: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(endpoint: string, binary: string, args: readonly string[], logFile: string, restoring: Restoring) {
    this.endpoint = endpoint
    this.restoring = restoring
    this.#binary = binary
    this.#args = args
    this.#logFile = logFile
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('the member is not running')
    return this.#process.pid
  }

  get port(): number {
    return Number(new URL(this.endpoint).port)
  }

  /** Resolves when it is healthy. If there are three members, another one has to run as well. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, 'a')
    try {
      // The kernel ends it together with this process, even if this process is killed by a signal.
      this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', this.#binary, ...this.#args], {
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', log, log],
      })
    } finally {
      closeSync(log)
    }
    const started = this.#process
    this.#ended = once(started, 'exit')
    const hasEnded = () => started.exitCode !== null || started.signalCode !== null
    await until(
      async () => hasEnded() || (await this.isHealthy()),
      () => `etcd:\n${this.log().slice(-LOG_CHARS)}`,
    )
    if (hasEnded() || !(await this.isHealthy())) throw new Error(`etcd did not start:\n${this.log().slice(-LOG_CHARS)}`)
  }

  /** Sends SIGSTOP. It does nothing any more when this returns, but its connections stay. */
  stop(): void {
    const { pid } = this
    process.kill(pid, 'SIGSTOP')
    const untilMs = performance.now() + PATIENCE_MS
    // The state is the letter after the name in parentheses.
    while (!/\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) {
      if (performance.now() > untilMs) throw new Error('the member does not stop')
    }
  }

  /** Sends SIGCONT. */
  cont(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** Sends SIGKILL. Resolves when it is gone. Does nothing if it is not running. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.#ended
    this.#process = undefined
  }

  /** Starts it with the same data and ports. If it is running, kills it first. See `start`. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** The log of all its runs. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  /** Whether it answers and there is a leader. */
  async isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.endpoint}/health`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
      return response.ok && (await response.text()).includes('"health":"true"')
    } catch {
      return false
    }
  }

  async status(): Promise<{ readonly id: string; readonly isLeader: boolean; readonly term: number }> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const response = await fetch(`${this.endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}', signal })
    const { header, leader, raftTerm } = (await response.json()) as {
      header: { member_id: string }
      leader?: string
      raftTerm?: string
    }
    return { id: header.member_id, isLeader: leader === header.member_id, term: Number(raftTerm ?? 0) }
  }
}
