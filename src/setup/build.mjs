// Makes dist/, which an installed package runs: the server and the command as JavaScript, the client with its types, the site of
// the documentation, and the files that they read. A clone runs its sources and needs dist/ for `drumbeat/client` only.
//   node src/setup/build.mjs              for `npm run build` and `npm pack`
//   node src/setup/build.mjs prepare      after an install in a clone; does nothing if there is no compiler, as with --omit=dev
// This is plain JavaScript, because any Node from 18 on may run the npm scripts.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { documentFields } from './field-docs.mjs'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const DIST = path.join(ROOT, 'dist')
// Not bin/tsc: the loader that tap puts into the processes of tests cannot load a file without an extension.
const COMPILER = path.join(ROOT, 'node_modules/typescript/lib/tsc.js')
/** The order matters: projects that write types come after the server, and the client, which is for older machines, is last. */
const PROJECTS = ['tsconfig.build.json', 'src/console', 'src/play', 'tsconfig.testing.json', 'tsconfig.client.json']
/** Folders with files that are read and not imported. */
const DATA = ['console', 'play', 'manual', 'conformance/vectors']

async function build() {
  mkdirSync(DIST, { recursive: true })
  // The files are made beside the existing ones, which somebody may be using.
  const stage = mkdtempSync(path.join(DIST, 'new-'))
  for (const project of PROJECTS) run([COMPILER, '-p', project, '--outDir', stage], stage)
  await documentFields(stage)
  run([path.join(ROOT, 'src/setup/site/build-site.mjs'), path.join(stage, 'docs')], stage)
  for (const folder of DATA) copyData(path.join(ROOT, 'src', folder), path.join(stage, folder))
  const made = readdirSync(stage)
  for (const name of readdirSync(DIST).filter((name) => isOurs(name) && !made.includes(name)))
    remove(path.join(DIST, name))
  for (const name of made) {
    remove(path.join(DIST, name))
    renameSync(path.join(stage, name), path.join(DIST, name))
  }
  remove(stage)
}

/**
 * Copies all but sources and files of the compiler.
 * @param {string} from
 * @param {string} to
 */
function copyData(from, to) {
  cpSync(from, to, { recursive: true, filter: (name) => !/\.ts$|tsconfig\.json$/.test(name) })
}

/**
 * Whether the build may remove a file. `npm run package` puts its archives there, and another build may be in progress.
 * @param {string} name
 */
function isOurs(name) {
  return !name.endsWith('.tar.gz') && !name.startsWith('new-')
}

/** @param {string} place */
function remove(place) {
  rmSync(place, { recursive: true, force: true })
}

/**
 * Runs Node, and ends this process if that fails. Output goes to stderr, because stdout belongs to `npm pack --json`.
 * @param {string[]} args of Node
 * @param {string} [unfinished] a folder that is removed if it fails
 */
function run(args, unfinished) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  if (unfinished !== undefined) remove(unfinished)
  process.exit(status ?? 1)
}

if (process.argv[2] === 'prepare') {
  // `npm install CLONE` only makes a link to the clone and installs nothing in it.
  if (!existsSync(path.join(ROOT, 'node_modules'))) run([path.join(ROOT, 'src/setup/ensure-installed.mjs'), 'tools'])
  if (existsSync(COMPILER)) await build()
} else {
  run([path.join(ROOT, 'src/setup/ensure-installed.mjs'), 'tools'])
  await build()
}
