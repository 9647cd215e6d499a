import { PATIENCE_MS } from './patience.ts'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onFreePorts } from './ports.ts'
import type { Owner } from './server.ts'
import { until } from './until.ts'

type Tool = 'promtool' | 'prometheus'

/** src/setup/ensure-debian.mjs puts the programs there. Otherwise the machine's own are used. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/drumbeat/prometheus/2.42/', import.meta.url))

function find(tool: Tool): string | undefined {
  const ours = join(FOLDER, tool)
  if (existsSync(ours)) return ours
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0 ? tool : undefined
}

/** For the options of `t.test`: the reason to skip, or false. */
export function skipWithoutPrometheus(tool: Tool): { readonly skip: string | false } {
  return { skip: find(tool) === undefined && `no ${tool} here (ensure-installed.mjs says why)` }
}

/** Runs promtool. `ok` means that it found nothing wrong. */
export function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly ok: boolean; readonly said: string }> {
  return new Promise((resolve) => {
    const child = execFile(find('promtool') ?? 'promtool', args, (error, stdout, stderr) => {
      resolve({ ok: error === null && !/ (error|warning):/.test(stderr), said: stdout + stderr })
    })
    child.stdin?.end(input)
  })
}

export interface TestPrometheus {
  /** The samples of an instant query at this moment. If the query is invalid, throws Prometheus's message. */
  readonly query: (query: string) => Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]>
  /** Alerts that are firing or pending. */
  readonly alerts: () => Promise<
    readonly { readonly labels: Readonly<Record<string, string>>; readonly state: string }[]
  >
}

/** Starts a real Prometheus on a free port with this configuration file. Resolves when it is ready. */
export function startPrometheus(owner: Owner, configFile: string): Promise<TestPrometheus> {
  return onFreePorts(1, ([port = 0]) => startOn(port, owner, configFile))
}

async function startOn(port: number, owner: Owner, configFile: string): Promise<TestPrometheus> {
  const data = await mkdtemp(join(tmpdir(), 'drumbeat-prometheus-'))
  const url = `http://127.0.0.1:${port}`
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${url.slice('http://'.length)}`,
  ]
  const child = spawn(find('prometheus') ?? 'prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)))
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  owner.teardown(async () => {
    child.kill('SIGTERM')
    const tooLate = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await ended
    clearTimeout(tooLate)
    await rm(data, { recursive: true, force: true })
  })
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false, // it does not listen yet
    )
  await until(async () => child.exitCode !== null || (await isReady()))
  if (child.exitCode !== null || !(await isReady())) throw new Error(`Prometheus does not start: ${said}`)
  return {
    query: async (query) => {
      const { result } = await ask<{ result: [] }>(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
      return result
    },
    alerts: async () => (await ask<{ alerts: [] }>(`${url}/api/v1/alerts`)).alerts,
  }
}

async function ask<T>(url: string): Promise<T> {
  const answer = (await (await fetch(url)).json()) as { readonly data: T; readonly error?: string }
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.data
}
