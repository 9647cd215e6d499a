// For scripts that choose what to run, such as `npm run prove -- NAME`. It is plain JavaScript, because nothing may be installed yet.
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * Installs what is needed (see ensure-installed.mjs for the words), then runs the command in the repository, and ends this process
 * with its status. The command is looked up in node_modules/.bin first. SIGTERM and SIGINT are passed on to it.
 * @param {readonly string[]} needs
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env variables that are set unless the environment sets them already
 */
export function installAndRun(needs, command, args, env = {}) {
  const ensure = path.join(ROOT, 'src/setup/ensure-installed.mjs')
  const { status } = spawnSync(process.execPath, [ensure, ...needs], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  const PATH = `${path.join(ROOT, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`
  const child = spawn(command, [...args], { cwd: ROOT, stdio: 'inherit', env: { ...env, ...process.env, PATH } })
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`drumbeat: ${command} did not start: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}
