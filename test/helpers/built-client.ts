import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** Builds `drumbeat/client` into this folder, as `npm run build` does. */
export async function buildClient(folder: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  await runNode(process.execPath, [tsc, '-p', 'tsconfig.client.json', '--outDir', folder])
}

/** Runs a Node without the hooks that tap adds to each child. Resolves to its stdout. Rejects if it fails. */
export async function runNode(node: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const options = { cwd: ROOT, timeout: timeoutMs }
  return (await run('env', ['-u', 'NODE_OPTIONS', node, ...args], options)).stdout
}
