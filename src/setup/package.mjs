// Makes drumbeat-VERSION-linux-ARCH.tar.gz: sources, production packages, the Node that runs them, and install.sh.
//   node src/setup/package.mjs [--out FOLDER] [--no-modules]
// --no-modules: node_modules is a link to this repository's, for trying out on this machine.
// Plain JavaScript for whatever Node from 18 on runs the npm scripts, as ensure-installed.mjs.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const OURS = ['src', 'config', 'systemd', 'docs', 'package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']
/** Headers and manuals of Node, which nobody needs to run it. */
const LEFT_OUT = /^node_modules\/node-linux-\w+\/(include|share)(\/|$)/
/** Prebuilt binaries that name the machine and the Node they are for. */
const PREBUILT = /_(\w+)_(\w+)_(\d+)\.node$/

/** @typedef {{ dev?: boolean, optional?: boolean }} Entry */

/**
 * The folders of the packages that a server needs, by the lockfile; those that are made for other machines are not installed.
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
 * @param {string} node the runtime, from the root
 */
function copyModules(stage, node) {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'))
  const abi = run(path.join(ROOT, node), ['-p', 'process.versions.modules']).trim()
  const isForHere = (/** @type {string} */ file) => {
    const [, platform, arch, itsAbi] = PREBUILT.exec(file) ?? []
    return platform === undefined || (platform.endsWith('linux') && arch === process.arch && itsAbi === abi)
  }
  for (const place of productionPlaces(packages, (place) => existsSync(path.join(ROOT, place)))) {
    const from = path.join(ROOT, place)
    const real = realpathSync(from)
    cpSync(real, path.join(stage, place), {
      recursive: true,
      // Packages below a package are places of their own.
      filter: (file) => {
        const within = path.join(place, path.relative(real, file))
        return !within.slice(place.length).includes('/node_modules') && !LEFT_OUT.test(within) && isForHere(file)
      },
    })
  }
  mkdirSync(path.join(stage, 'node_modules/.bin'))
  symlinkSync(path.join('../..', node), path.join(stage, 'node_modules/.bin/node'))
}

/**
 * Ends this process where the command fails.
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command}: ${error?.message ?? stderr}`)
}

/**
 * The documentation that the server has at `/docs/`. What makes it are development tools.
 * @param {string} node the runtime
 * @param {string} stage
 */
function makeSite(node, stage) {
  if (existsSync(path.join(ROOT, 'node_modules/markdown-it'))) {
    run(node, [path.join(ROOT, 'src/setup/site/build-site.mjs'), path.join(stage, 'dist/docs')])
  } else console.error('drumbeat: the archive has no site of the documentation: npm ci installs what makes it')
}

/** @param {{ out: string, modules: boolean }} options @returns {string} the archive */
function pack({ out, modules }) {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  const name = `drumbeat-${version}-linux-${process.arch}`
  const node = `node_modules/node-linux-${process.arch}/bin/node`
  if (!existsSync(path.join(ROOT, node))) throw new Error(`${node} is absent: there is no package for this machine`)
  const work = mkdtempSync(path.join(os.tmpdir(), 'drumbeat-package-'))
  try {
    const stage = path.join(work, name)
    for (const one of OURS) cpSync(path.join(ROOT, one), path.join(stage, one), { recursive: true })
    cpSync(path.join(ROOT, 'src/setup/install.sh'), path.join(stage, 'install.sh'))
    makeSite(path.join(ROOT, node), stage)
    writeFileSync(path.join(stage, 'VERSION'), `${version}\n`)
    if (modules) copyModules(stage, node)
    else symlinkSync(realpathSync(path.join(ROOT, 'node_modules')), path.join(stage, 'node_modules'))
    mkdirSync(out, { recursive: true })
    const archive = path.join(out, `${name}.tar.gz`)
    // The same sources and packages give the same archive.
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+w,go-w,a+rX']
    run('tar', ['--create', '--gzip', `--file=${archive}`, `--directory=${work}`, ...same, name])
    return archive
  } finally {
    rmSync(work, { recursive: true })
  }
}

// import.meta.main is not there yet in Node 18 and 20.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const options = {
      out: { type: /** @type {const} */ ('string') },
      'no-modules': { type: /** @type {const} */ ('boolean') },
    }
    const { values } = parseArgs({ options })
    console.log(pack({ out: values.out ?? path.join(ROOT, 'dist'), modules: values['no-modules'] !== true }))
  } catch (error) {
    console.error(`drumbeat: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
