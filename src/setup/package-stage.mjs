// Puts the files of a server into a folder: sources, production packages, and the Node that runs them. Archives and packages are
// made of it. This is plain JavaScript, because any Node from 18 on may run the npm scripts.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const OURS = ['src', 'config', 'systemd', 'docs', 'package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']
/** Files that a server does not need: headers and manuals of Node, sources of LMDB, and a page of pino. */
const LEFT_OUT = /^node_modules\/(node-linux-\w+\/(include|share)|lmdb\/(dependencies|src)|pino\/index\.html)(\/|$)/
/** Files of packages that only their authors need: settings of tools, tests, pages. */
const FOR_AUTHORS = /^\/(\.[^/]+|tests?|benchmarks?|examples?|docs)(\/|$)|\/\.[^/]+$/
/** Names of prebuilt binaries. The first form names the platform and the Node, the second form the Node and the C library. */
const PREBUILT = /_(\w+)_(\w+)_(\d+)\.node$/
const PREBUILT_HERE = /\/node\.(?:abi(\d+)|napi)\.(glibc|musl)\.node$/

/** @typedef {{ dev?: boolean, optional?: boolean }} Entry */

/**
 * Returns the folders of the packages that a server needs, by the lockfile. Packages for other machines are not installed.
 * @param {Record<string, Entry>} packages of the lockfile
 * @param {(place: string) => boolean} isInstalled
 */
function productionPlaces(packages, isInstalled) {
  const wanted = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true)
  const missing = wanted.find(([place, { optional }]) => optional !== true && !isInstalled(place))
  if (missing !== undefined) throw new Error(`${missing[0]} is not installed: run npm ci`)
  return wanted.map(([place]) => place).filter(isInstalled)
}

/**
 * @param {string} stage
 * @param {string} node the path of the Node binary, relative to the root
 */
function copyModules(stage, node) {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'))
  const abi = run(path.join(ROOT, node), ['-p', 'process.versions.modules']).trim()
  const isForHere = (/** @type {string} */ file) => {
    const [, abiHere = abi, library = 'glibc'] = PREBUILT_HERE.exec(file) ?? []
    if (abiHere !== abi || library !== 'glibc') return false
    const [, platform, arch, itsAbi] = PREBUILT.exec(file) ?? []
    return platform === undefined || (platform.endsWith('linux') && arch === process.arch && itsAbi === abi)
  }
  for (const place of productionPlaces(packages, (place) => existsSync(path.join(ROOT, place)))) {
    const from = path.join(ROOT, place)
    const real = realpathSync(from)
    cpSync(real, path.join(stage, place), {
      recursive: true,
      // Packages inside a package are copied as places of their own.
      filter: (file) => {
        const within = path.join(place, path.relative(real, file))
        const inPackage = within.slice(place.length)
        const isWanted = !LEFT_OUT.test(within) && !FOR_AUTHORS.test(inPackage)
        return !inPackage.includes('/node_modules') && isWanted && isForHere(file)
      },
    })
  }
  mkdirSync(path.join(stage, 'node_modules/.bin'))
  symlinkSync(path.relative('node_modules/.bin', node), path.join(stage, 'node_modules/.bin/node'))
}

/**
 * Runs a command and returns its output. Throws if it fails.
 * @param {string} command
 * @param {string[]} args
 */
export function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command}: ${error?.message ?? stderr}`)
}

/**
 * Makes the documentation that the server serves at `/docs/`. This needs development tools.
 * @param {string} stage
 * @param {string} node the path of the Node binary, relative to the root
 */
function makeSite(stage, node) {
  if (existsSync(path.join(ROOT, 'node_modules/markdown-it'))) {
    run(path.join(ROOT, node), [path.join(ROOT, 'src/setup/site/build-site.mjs'), path.join(stage, 'dist/docs')])
  } else console.error('drumbeat: the package has no site of the documentation; npm ci installs the tools that make it')
}

/**
 * Puts the files of a server into the folder `stage`.
 * @param {string} stage
 * @param {{ modules: boolean }} options if `modules` is false, node_modules is a link to this repository's
 */
export function makeStage(stage, { modules }) {
  const node = `node_modules/node-linux-${process.arch}/bin/node`
  if (!existsSync(path.join(ROOT, node))) throw new Error(`${node} is absent: there is no package for this machine`)
  for (const one of OURS) cpSync(path.join(ROOT, one), path.join(stage, one), { recursive: true })
  makeSite(stage, node)
  if (modules) copyModules(stage, node)
  else symlinkSync(realpathSync(path.join(ROOT, 'node_modules')), path.join(stage, 'node_modules'))
}
