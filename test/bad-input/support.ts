import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { TestClient, UpgradeRefused, type OpenOptions } from '../helpers/client.ts'
import type { TestServer } from '../helpers/server.ts'

const ERROR_LEVEL = 50 // pino's

/** After all that was done to it: the workers it began with, no error in its log but the expected ones, ready. */
export async function stayedUp(t: Test, server: TestServer, expected: readonly string[] = []): Promise<void> {
  const logs = server.logs()
  t.strictSame(
    logs.filter(({ level, msg }) => Number(level) >= ERROR_LEVEL && !expected.includes(String(msg))),
    [],
    'no error was logged',
  )
  t.equal(logs.filter(({ msg }) => msg === 'worker ready').length, 2, 'the workers are those it began with')
  t.equal((await fetch(`${server.url}/ready`)).status, 200)
}

/** The sum of a metric over those of its labels that hold this text. */
export async function metric(server: TestServer, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(label))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** Waits until this is true. The test's own timeout bounds it. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20)
}

/** How an upgrade is answered: `101`, or as in `403 ORIGIN_FORBIDDEN`. */
export async function upgradeAnswer(server: TestServer, options: OpenOptions): Promise<string> {
  const client = new TestClient(server.wsUrl, options)
  try {
    await client.opened
    return '101'
  } catch (error) {
    if (error instanceof UpgradeRefused) return `${error.status} ${error.code}`
    throw error
  } finally {
    client.terminate()
  }
}

/** The code a reply refuses with; `ok` where it does not. */
export function codeOf(reply: { readonly error?: { readonly code: string } }): string {
  return reply.error?.code ?? 'ok'
}

/** A value in the name of an assertion. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value)
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80)
}
