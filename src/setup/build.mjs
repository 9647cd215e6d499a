// Makes dist/, which is what an installed package runs: the server and the command as JavaScript, the client with its types, the
// documentation as a site, and the files that they read. A clone runs its sources and needs it for `drumbeat/client` only.
//   node src/setup/build.mjs              for `npm run build` and `npm pack`
//   node src/setup/build.mjs prepare      after an install in a clone: nothing is done if there is no compiler, as with --omit=dev
// Plain JavaScript for whatever Node from 18 on runs the npm scripts, as ensure-installed.mjs.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { documentFields } from './field-docs.mjs'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const DIST = path.join(ROOT, 'dist')
// Not bin/tsc: a file without an extension does not go with what tap loads into the processes of tests.
const COMPILER = path.join(ROOT, 'node_modules/typescript/lib/tsc.js')
/** Those that have types behind the server. The client last: it is for older machines. */
const PROJECTS = ['tsconfig.build.json', 'src/console', 'src/play', 'tsconfig.testing.json', 'tsconfig.client.json']
/** Folders of files that are read, not imported. */
const DATA = ['console', 'play', 'manual', 'conformance/vectors']

async function build() {
  mkdirSync(DIST, { recursive: true })
  // Beside what there is, as somebody may be using that.
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
 * Sources, and what is for the compiler, stay behind.
 * @param {string} from
 * @param {string} to
 */
function copyData(from, to) {
  cpSync(from, to, { recursive: true, filter: (name) => !/\.ts$|tsconfig\.json$/.test(name) })
}

/**
 * `npm run package` leaves its archives there, and another build may be under way.
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
 * Ends this process where it fails. What it says goes to stderr, as stdout belongs to `npm pack --json`.
 * @param {string[]} args of Node
 * @param {string} [unfinished] what is removed then
 */
function run(args, unfinished) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  if (unfinished !== undefined) remove(unfinished)
  process.exit(status ?? 1)
}

if (process.argv[2] === 'prepare') {
  // `npm install CLONE` makes a link to a clone and installs nothing there.
  if (!existsSync(path.join(ROOT, 'node_modules'))) run([path.join(ROOT, 'src/setup/ensure-installed.mjs'), 'tools'])
  if (existsSync(COMPILER)) await build()
} else {
  run([path.join(ROOT, 'src/setup/ensure-installed.mjs'), 'tools'])
  await build()
}
