import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Owner } from './server.ts'

const execute = promisify(execFile)
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const OUTPUT_MAX = 16 * 1024 * 1024
/** An overlay of this machine's files, in namespaces of its own: what is written goes to memory, and is gone with the process. */
const MAKE = `
mount -t tmpfs tmpfs "$1" && cd "$1" && mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount --rbind /dev root/dev && mount -t proc proc root/proc
echo ready
exec sleep infinity`

/** A copy of this machine that a test may change as root, by dpkg for example. */
export class MachineCopy {
  /** What was changed is below this, as `nsenter` sees it. */
  readonly #leader: number

  private constructor(leader: number) {
    this.#leader = leader
  }

  static async create(owner: Owner): Promise<MachineCopy> {
    const folder = mkdtempSync(path.join(tmpdir(), 'drumbeat-machine-'))
    const args = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', MAKE, 'sh', folder]
    const holder = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(holder, 'exit')
    owner.teardown(async () => {
      holder.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    })
    const [line] = (await Promise.race([once(createInterface(holder.stdout), 'line'), ended])) as [unknown]
    if (line !== 'ready') throw new Error('this machine cannot be copied')
    const [child = ''] = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'latin1').split(' ')
    return new MachineCopy(Number(child))
  }

  /** What a shell in it says on stdout and stderr. Rejects if the command fails. */
  async run(command: string): Promise<string> {
    const enter = ['--target', String(this.#leader), '--mount', '--pid', `--wd=/proc/${this.#leader}/cwd`]
    const shell = ['env', '-i', `PATH=${PATH}`, 'HOME=/root', 'chroot', 'root', 'sh', '-ec', `{ ${command}\n} 2>&1`]
    const { stdout } = await execute('nsenter', [...enter, ...shell], { maxBuffer: OUTPUT_MAX })
    return stdout.trim()
  }
}

/** For `skip`: why there can be none here. */
export function whyNoCopy(): string | false {
  if (process.getuid?.() !== 0) return 'a copy of this machine wants root'
  const script =
    'd=$(mktemp -d); mount -t tmpfs tmpfs $d; cd $d; mkdir u w r; mount -t overlay o -o lowerdir=/,upperdir=u,workdir=w r'
  const tried = spawnSync('unshare', ['--mount', 'sh', '-ec', script], { stdio: 'ignore' })
  return tried.status === 0 ? false : 'this machine takes no overlay of its files'
}
