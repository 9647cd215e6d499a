/** What can be seen of a server's processes from outside, and what they say of themselves: see vitals.ts. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import type { Vitals } from './vitals.ts'

export interface Process {
  readonly name: string
  readonly pid: number
}

export interface Memory {
  readonly rssBytes: number
  /** Without the pages of files, which LMDB maps. */
  readonly anonymousBytes: number
}

const VITALS_MS_MAX = 30_000

/** The primary and the workers that are there now. */
export function processesOf(server: TestServer): readonly Process[] {
  const workers = server.logs().filter(({ msg }) => msg === 'worker ready')
  return [
    { name: 'primary', pid: server.pid },
    ...workers.map(({ pid }, i) => ({ name: `worker ${i + 1}`, pid: Number(pid) })),
  ]
}

/** Throws where the process is gone. */
export function memoryOf({ pid }: Process): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  return { rssBytes: bytes('VmRSS'), anonymousBytes: bytes('RssAnon') }
}

/** Linux tells other programs of hundredths of a second, whatever it counts in itself. */
const TICKS_PER_S = 100

/** What it has used, user and system, with all its threads. Throws where the process is gone. */
export function cpuSecondsOf({ pid }: Process): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // Its name, in brackets, may hold spaces; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S
}

export function descriptorsOf({ pid }: Process): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** After a collection, which holds the process up for some 0.1 s. Rejects where it does not answer. */
export async function vitalsOf({ name, pid }: Process, folder: string): Promise<Vitals> {
  const file = `${folder}/${pid}.json`
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  if (!(await holdsWithin(() => existsSync(file), VITALS_MS_MAX))) throw new Error(`${name} does not tell its vitals`)
  return JSON.parse(readFileSync(file, 'utf8')) as Vitals
}

/** The values of a metric, all its labels. */
export async function metricOf(server: TestServer, name: string): Promise<readonly number[]> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.map((line) => Number(line.split(' ').at(-1)))
}

/** Their sum. */
export async function totalOf(server: TestServer, name: string): Promise<number> {
  return (await metricOf(server, name)).reduce((sum, value) => sum + value, 0)
}
