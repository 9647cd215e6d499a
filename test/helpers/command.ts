import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

export const CLI = path.resolve(import.meta.dirname, '../../src/cli.ts')
const execute = promisify(execFile)

export type Env = Readonly<Record<string, string>>

/** Runs `drumbeat` with only those variables of this environment that it needs to run. */
export async function drumbeat(args: readonly string[], env: Env = {}) {
  const { PATH = '' } = process.env
  try {
    return { code: 0, ...(await execute(process.execPath, [CLI, ...args], { env: { PATH, ...env } })) }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}
