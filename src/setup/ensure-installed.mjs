// Installs what is missing. It runs before every npm script, on any Node from 18 on, also if nothing is installed yet. So it is
// plain JavaScript without packages. If nothing is missing, it reads two or three files and ends.
//   node src/setup/ensure-installed.mjs          what the server needs
//   node src/setup/ensure-installed.mjs tools    also what checks, tests and benches need
//   node src/setup/ensure-installed.mjs tools browser etcd promtool proxies nodes clients user-tools
//     also a browser, etcd, Prometheus with promtool, nginx and HAProxy, older Nodes, foreign clients, and tools of users' projects
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const THIS_FILE = fileURLToPath(import.meta.url)

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string[] }} Entry */
/** @typedef {Record<string, Entry>} Packages */

/**
 * Says in a few words how the installed packages differ from the lockfile, or returns undefined if they do not.
 * Both arguments are the `packages` of a lockfile: the repository's, and the one that npm writes into node_modules.
 * @param {Packages} wanted
 * @param {Packages | undefined} installed
 * @param {{ tools: boolean, platform: string, arch: string }} needs
 * @returns {string | undefined}
 */
function findStale(wanted, installed, needs) {
  if (installed === undefined) return 'node_modules is absent'
  for (const [place, entry] of Object.entries(wanted)) {
    if (place === '' || (entry.dev === true && !needs.tools)) continue
    const found = installed[place]?.version
    if (found === entry.version) continue
    if (found === undefined && entry.optional === true && !isForMachine(entry, needs)) continue
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return `${name} ${entry.version} is ${found === undefined ? 'not installed' : `wanted, ${found} installed`}`
  }
  return undefined
}

/**
 * Whether an optional package is certainly made for this machine. A package that names a C library may be for the other one. A
 * package that names no platform may be a dependency of a package for another platform.
 * @param {Entry} entry
 * @param {{ platform: string, arch: string }} machine
 */
function isForMachine({ os, cpu, libc }, { platform, arch }) {
  if (os === undefined || cpu === undefined || libc !== undefined) return false
  return [os].flat().includes(platform) && [cpu].flat().includes(arch)
}

/**
 * @param {string} file
 * @returns {Packages | undefined}
 */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined
}

/**
 * Runs a command. Ends this process if it fails, because the script that comes next could not work. Output goes to stderr,
 * because stdout belongs to that script.
 * @param {string} command
 * @param {string} root
 */
function runOrExit(command, root) {
  const { status, error } = spawnSync(command, { cwd: root, shell: true, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  console.error(`drumbeat: "${command}" failed${error === undefined ? '' : `: ${error.message}`}`)
  process.exit(status ?? 1)
}

/**
 * Builds tap. It comes with a compiler plugin that does not work with TypeScript 7 and that Node does not need. .taprc leaves the
 * plugin out, but tap must be built once for that, and again after each `npm ci`.
 * @param {string} root
 */
function buildTap(root) {
  const built = path.join(root, 'node_modules/@tapjs/test/test-built/dist/esm/index.js')
  if (!existsSync(built) || !readFileSync(built, 'utf8').includes('@tapjs/typescript')) return
  console.error('drumbeat: preparing the test runner (tap build)')
  const ownNode = path.join(root, 'node_modules/.bin/node')
  const node = existsSync(ownNode) ? ownNode : process.execPath
  runOrExit(`"${node}" node_modules/tap/dist/esm/run.mjs build`, root)
}

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Installs Chromium for the test of the console, if this is Debian and this user is root. Otherwise the test reports that it was
 * skipped.
 * @param {string} root
 */
function ensureBrowser(root) {
  if (BROWSERS.some((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)) return
  const mayInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  if (!mayInstall) {
    console.error('drumbeat: no Chromium here, so the test of the console will be skipped')
    return
  }
  console.error('drumbeat: no Chromium here; installing it for the test of the console (apt-get install chromium)')
  runOrExit('apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium >/dev/null', root)
}

async function main() {
  const root = path.resolve(path.dirname(THIS_FILE), '../..')
  const tools = process.argv.includes('tools')
  const wanted = readPackages(path.join(root, 'package-lock.json')) ?? {}
  const installed = readPackages(path.join(root, 'node_modules/.package-lock.json'))
  const stale = findStale(wanted, installed, { tools, platform: process.platform, arch: process.arch })
  if (stale !== undefined) {
    const omit = tools ? '' : ' --omit=dev'
    const what = tools ? 'the server and its tools' : 'what the server needs, its own Node included'
    console.error(`drumbeat: ${stale}; installing ${what} (npm ci${omit}), which takes a minute on the first run`)
    runOrExit(`npm ci${omit} --ignore-scripts --no-audit --no-fund --loglevel=error`, root)
  }
  if (tools) buildTap(root)
  if (process.argv.includes('browser')) ensureBrowser(root)
  if (['etcd', 'promtool', 'proxies'].some((name) => process.argv.includes(name))) {
    // Loaded only if needed, because this runs before each `npm start`.
    const { ensureEtcd, ensurePrometheus, ensureProxies } = await import('./ensure-debian.mjs')
    if (process.argv.includes('etcd')) ensureEtcd(root)
    if (process.argv.includes('promtool')) ensurePrometheus(root)
    if (process.argv.includes('proxies')) ensureProxies(root)
  }
  if (process.argv.includes('nodes')) {
    const { ensureNodes } = await import('./ensure-nodes.mjs')
    ensureNodes(root)
  }
  if (process.argv.includes('user-tools')) {
    const { ensureUserTools } = await import('./ensure-user-tools.mjs')
    ensureUserTools(root)
  }
  if (process.argv.includes('clients')) {
    const { ensureClients } = await import('./ensure-clients.mjs')
    ensureClients(root)
  }
}

// Node 18 and 20 do not have import.meta.main.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === THIS_FILE) await main()
