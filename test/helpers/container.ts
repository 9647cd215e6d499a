import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const PACKAGES = 'systemd,systemd-sysv,dbus,procps,curl'
const OUTPUT_MAX = 16 * 1024 * 1024
const ENTER = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd']
const BOOT_MS_MAX = 60_000
const STOP_MS_MAX = 30_000

/** A Debian with systemd as its PID 1, and no network except its own loopback. Needs root, debootstrap and systemd-nspawn. */
export class Container {
  readonly #nspawn: ChildProcess
  readonly #leader: number

  private constructor(nspawn: ChildProcess, leader: number) {
    this.#nspawn = nspawn
    this.#leader = leader
  }

  /** @param folder is created and filled from the mirror: some 300 MB, which takes a minute */
  static async create(folder: string, mirror: string): Promise<Container> {
    const args = ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', folder, mirror]
    await run('debootstrap', args, { maxBuffer: OUTPUT_MAX })
    const options = ['--boot', '--register=no', '--keep-unit', '--private-network', '--console=pipe', '--quiet']
    const nspawn = spawn('systemd-nspawn', [`--directory=${folder}`, ...options], { stdio: 'ignore' })
    const untilMs = performance.now() + BOOT_MS_MAX
    for (; performance.now() < untilMs; await sleep(200)) {
      const leader = childOf(nspawn.pid)
      if (leader === undefined) continue
      const container = new Container(nspawn, leader)
      // While it boots, neither its root nor its bus is there.
      const state = await container.run('systemctl is-system-running || true').catch(() => '')
      if (/running|degraded/.test(state)) return container
    }
    nspawn.kill('SIGKILL')
    throw new Error('systemd has not booted')
  }

  /** Resolves to what the command writes to stdout and stderr. Rejects if it fails. */
  async run(command: string): Promise<string> {
    const enter = ['--target', String(this.#leader), ...ENTER, '/usr/bin/env', '-i', `PATH=${PATH}`, 'HOME=/root']
    const { stdout } = await run('nsenter', [...enter, 'bash', '-c', `{ ${command}\n} 2>&1`], { maxBuffer: OUTPUT_MAX })
    return stdout.trim()
  }

  async stop(): Promise<void> {
    this.#nspawn.kill() // SIGTERM asks for an orderly shutdown
    const untilMs = performance.now() + STOP_MS_MAX
    while (this.#nspawn.exitCode === null && this.#nspawn.signalCode === null && performance.now() < untilMs) {
      await sleep(100)
    }
    this.#nspawn.kill('SIGKILL')
  }
}

/** Why no container can run here. Resolves to undefined if one can. */
export async function whyNoContainer(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'it needs root'
  for (const program of ['debootstrap', 'systemd-nspawn', 'nsenter']) {
    const isThere = await run('sh', ['-c', `command -v ${program}`]).then(
      () => true,
      () => false,
    )
    if (!isThere) return `it needs ${program}: apt-get install debootstrap systemd-container`
  }
  return undefined
}

function childOf(pid: number | undefined): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ')
    return child ? Number(child) : undefined
  } catch {
    return undefined // the container has ended
  }
}
