import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  /** The load average of the minute before the bench: what other programs were doing. */
  readonly loadAverage: number
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${process.platform} ${release()} ${process.arch}`,
    loadAverage: loadavg()[0] ?? 0,
  }
}

/** The installed versions of Node, of this repository, and of the packages that the peers use. */
export function readVersions(packages: readonly string[]): Readonly<Record<string, string>> {
  const installed = [...new Set(packages)].map((name) => [name, installedVersion(name)] as const)
  return { node: process.versions.node, drumbeat: ownVersion(), ...Object.fromEntries(installed) }
}

/** Includes the package's own name if it is a repack under an alias. */
function installedVersion(name: string): string {
  const manifest = readManifest(resolve(ROOT, 'node_modules', name, 'package.json'))
  return manifest.name === name ? manifest.version : `${manifest.version} (${manifest.name})`
}

/** The package's version, and the commit if this is a git checkout. */
function ownVersion(): string {
  const { version } = readManifest(resolve(ROOT, 'package.json'))
  try {
    const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return `${version} (${commit.toString().trim()})`
  } catch {
    return version // there is no git, or this is not a checkout
  }
}

function readManifest(path: string): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string }
}
