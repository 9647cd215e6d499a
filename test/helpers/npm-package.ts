import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'
import { until } from './until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const { PATH = '', HOME = '' } = process.env
/** PATH without this repository's own Node, which npm puts first for scripts and tests. */
export const SYSTEM_PATH = PATH.split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':')

export interface Packed {
  readonly archive: string
  readonly files: readonly { readonly path: string; readonly size: number }[]
  /** The bytes of the archive. `unpackedSize` counts the bytes of its files. */
  readonly size: number
  readonly unpackedSize: number
}

/** A folder outside of this repository, because inside of it Node and npm would find the repository's packages. */
export function folderOutside(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'drumbeat-npm-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Packs what npm would publish. */
export function packForNpm(t: Test, folder: string): Packed {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH, HOME },
  })
  t.equal(status, 0, stderr)
  const [packed] = JSON.parse(stdout) as readonly (Omit<Packed, 'archive'> & { readonly filename: string })[]
  if (!packed) throw new Error(`npm has packed nothing: ${stdout}`)
  return { ...packed, archive: path.join(folder, packed.filename) }
}

/** Puts the package into a project's node_modules, as npm does. Its dependencies are links to this repository's packages. */
export function linkInto(t: Test, project: string, archive: string): void {
  const modules = path.join(project, 'node_modules')
  mkdirSync(path.join(modules, '.bin'), { recursive: true })
  mkdirSync(path.join(modules, 'drumbeat'))
  const unpacked = spawnSync('tar', ['-xzf', archive, '--strip-components=1', '-C', path.join(modules, 'drumbeat')])
  t.equal(unpacked.status, 0, String(unpacked.stderr))
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name))
  }
  symlinkSync('../drumbeat/bin/drumbeat.mjs', path.join(modules, '.bin/drumbeat'))
}

export interface InstalledServer {
  readonly url: string
  /** Sends SIGTERM to npx. Resolves to all that was printed, after the server has ended, too. */
  readonly stop: () => Promise<string>
}

/** Runs `npx drumbeat start` on a free port, with its data in `folder`. */
export async function startByNpx(
  t: Test,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<InstalledServer> {
  const command = ['--pdeathsig', 'KILL', 'npx', 'drumbeat', 'start', '--port', '0', ...args]
  const server = spawn('setpriv', command, { cwd: folder, env: { LOG_FORMAT: 'json', ...env }, stdio: 'pipe' })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const closed = once(server, 'close')
  const url = () => /"url":"([^"]+)"/.exec(output)?.[1] ?? ''
  await until(
    () => url() !== '' || server.exitCode !== null,
    () => `a server that listens:\n${output}`,
  )
  t.not(url(), '', output)
  const pid = Number(readFileSync(path.join(folder, 'data/primary.pid'), 'utf8'))
  const isThere = () => existsSync(`/proc/${pid}`)
  t.teardown(() => isThere() && process.kill(pid, 'SIGKILL'))
  const stop = async () => {
    server.kill('SIGTERM')
    await closed
    await until(() => !isThere())
    return output
  }
  return { url: url(), stop }
}
