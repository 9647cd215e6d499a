// Makes two packages for servers from the same files: drumbeat-VERSION-linux-ARCH.tar.gz, with install.sh, and
// drumbeat_VERSION_ARCH.deb.
//   node src/setup/package.mjs [--out FOLDER] [--only tar|deb] [--no-modules] [--fast]
// Two options are for trials on this machine: --no-modules makes node_modules a link to this repository's, and --fast makes a
// larger Debian package in less time.
// SOURCE_DATE_EPOCH is the date of the files in the Debian package. By default it is the date of the last commit.
// This is plain JavaScript, because any Node from 18 on may run the npm scripts.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeDebianPackage } from './debian.mjs'
import { makeStage, ROOT, run } from './package-stage.mjs'

const FORMATS = ['tar', 'deb']
/** Options of dpkg-deb. xz takes a minute; every release of Debian and Ubuntu can read it. */
const COMPRESSION = { small: ['-Zxz'], fast: ['-Zgzip', '-z1'] }

/**
 * @param {string} stage
 * @param {{ work: string, version: string, out: string }} options
 * @returns {string} the path of the archive
 */
function makeArchive(stage, { work, version, out }) {
  const name = `drumbeat-${version}-linux-${process.arch}`
  cpSync(path.join(ROOT, 'src/setup/install.sh'), path.join(stage, 'install.sh'))
  writeFileSync(path.join(stage, 'VERSION'), `${version}\n`)
  renameSync(stage, path.join(work, name))
  const archive = path.join(out, `${name}.tar.gz`)
  // The same sources and packages give the same archive.
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+w,go-w,a+rX']
  run('tar', ['--create', '--gzip', `--file=${archive}`, `--directory=${work}`, ...same, name])
  return archive
}

/** Returns the date of the files in the Debian package, as Unix time in seconds. */
function findDate() {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) {
    if (!/^\d+$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH must be a number of seconds; it is ${given}`)
    return Number(given)
  }
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? Number(stdout) : Math.floor(statSync(path.join(ROOT, 'package.json')).mtimeMs / 1000)
}

/** @param {{ out: string, modules: boolean, formats: readonly string[], compression: readonly string[] }} options */
function pack({ out, modules, formats, compression }) {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  mkdirSync(out, { recursive: true })
  for (const format of formats) {
    const work = mkdtempSync(path.join(os.tmpdir(), 'drumbeat-package-'))
    try {
      const stage = path.join(work, 'stage')
      makeStage(stage, { modules })
      const options = { work, version, out }
      console.log(
        format === 'tar'
          ? makeArchive(stage, options)
          : makeDebianPackage(stage, { ...options, dateSeconds: findDate(), compression }),
      )
    } finally {
      rmSync(work, { recursive: true })
    }
  }
}

/** @param {string | undefined} only */
function chooseFormats(only) {
  if (only !== undefined && !FORMATS.includes(only)) throw new Error(`--only must be tar or deb; it is ${only}`)
  if (only !== undefined) return [only]
  if (spawnSync('dpkg-deb', ['--version'], { stdio: 'ignore' }).status === 0) return FORMATS
  console.error('drumbeat: there is no dpkg-deb here, so no Debian package is made')
  return ['tar']
}

// Node 18 and 20 do not have import.meta.main.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const text = { type: /** @type {const} */ ('string') }
    const flag = { type: /** @type {const} */ ('boolean') }
    const { values } = parseArgs({ options: { out: text, only: text, 'no-modules': flag, fast: flag } })
    pack({
      out: values.out ?? path.join(ROOT, 'dist'),
      modules: values['no-modules'] !== true,
      formats: chooseFormats(values.only),
      compression: values.fast === true ? COMPRESSION.fast : COMPRESSION.small,
    })
  } catch (error) {
    console.error(`drumbeat: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
