// Makes drumbeat_VERSION_ARCH.deb: puts the files of a server where Debian has such files, and packs them with dpkg-deb.
// Its maintainer scripts, settings and manual page are in the folder debian/ beside this file.
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { ROOT, run } from './package-stage.mjs'

const PAPERS = path.join(ROOT, 'src/setup/debian')
/** The folder of the server in an installation from the archive, which the units name, and in the Debian package. */
const IN_ARCHIVE = '/opt/drumbeat/current'
const APP = '/usr/lib/drumbeat'
const DOC = 'usr/share/doc/drumbeat'
/** @type {Readonly<Record<string, string>>} Debian's names of the architectures that Node has binaries for */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' }
/** Node and LMDB need these versions. docs/operate/install.md names them, too. */
const DEPENDS = ['adduser', 'libc6 (>= 2.34)', 'libgcc-s1', 'libstdc++6 (>= 11)']
const PROGRAMS = /^usr\/bin\/drumbeat$|\/node-linux-\w+\/bin\/node$/
/** Files of src/setup/ that make packages or set up clones. */
const NOT_OF_SERVER = /^(debian|site|install\.sh|.*\.mjs)$/
const CONFFILES = ['/etc/drumbeat/drumbeat.yaml']
/** Modes of files and folders that not everybody may read. */
const MODES = { 'etc/drumbeat': 0o750, 'etc/drumbeat/credentials': 0o700, 'etc/drumbeat/drumbeat.yaml': 0o640 }

/**
 * @param {string} stage the folder with the files of a server; it is moved away
 * @param {{ work: string, version: string, out: string, dateSeconds: number, compression: readonly string[] }} options
 * @returns {string} the path of the package
 */
export function makeDebianPackage(stage, { work, version, out, dateSeconds, compression }) {
  const architecture = ARCHITECTURES[process.arch]
  if (architecture === undefined) throw new Error(`Debian has no name for ${process.arch}`)
  // Debian sorts 1.0.0~rc.1 before 1.0.0. A dash would begin the revision of the package.
  const debianVersion = version.replace('-', '~')
  const tree = path.join(work, 'tree')
  putFiles(tree, stage)
  putPapers(tree, { debianVersion, dateSeconds })
  makeModesSafe(tree)
  putControl(tree, { architecture, debianVersion })
  setDates(tree, dateSeconds)
  const file = path.join(out, `drumbeat_${debianVersion}_${architecture}.deb`)
  run('env', [
    `SOURCE_DATE_EPOCH=${dateSeconds}`,
    'dpkg-deb',
    ...compression,
    '--root-owner-group',
    '--build',
    tree,
    file,
  ])
  return file
}

/**
 * Puts the program, its command, its units and its settings into the tree.
 * @param {string} tree
 * @param {string} stage
 */
function putFiles(tree, stage) {
  const app = path.join(tree, APP)
  mkdirSync(path.dirname(app), { recursive: true })
  renameSync(stage, app)
  const setup = path.join(app, 'src/setup')
  for (const name of readdirSync(setup).filter((name) => NOT_OF_SERVER.test(name)))
    rmSync(path.join(setup, name), { recursive: true })
  for (const name of ['drumbeat.service', 'drumbeat@.service']) {
    const unit = readFileSync(path.join(app, 'systemd', name), 'utf8')
    put(tree, `usr/lib/systemd/system/${name}`, unit.replaceAll(IN_ARCHIVE, APP))
  }
  put(tree, 'usr/lib/sysctl.d/90-drumbeat.conf', readFileSync(path.join(app, 'systemd/sysctl.d/90-drumbeat.conf')))
  put(tree, 'etc/drumbeat/drumbeat.yaml', readFileSync(path.join(PAPERS, 'drumbeat.yaml')))
  mkdirSync(path.join(tree, 'etc/drumbeat/credentials'))
  put(tree, 'usr/bin/drumbeat', readFileSync(path.join(PAPERS, 'drumbeat.sh')))
}

/**
 * Puts the files that Debian requires of a package into the tree, and the pages for people.
 * @param {string} tree
 * @param {{ debianVersion: string, dateSeconds: number }} options
 */
function putPapers(tree, { debianVersion, dateSeconds }) {
  const app = path.join(tree, APP)
  const licence = readFileSync(path.join(app, 'LICENSE'), 'utf8').trimEnd()
  const copyright = readFileSync(path.join(PAPERS, 'copyright'), 'utf8').replace('@LICENSE@', indent(licence))
  put(tree, `${DOC}/copyright`, copyright)
  const date = new Date(dateSeconds * 1000).toUTCString().replace('GMT', '+0000')
  const changes = `drumbeat (${debianVersion}) unstable; urgency=medium\n\n  * What changed: CHANGELOG.md.gz, beside this file.\n\n -- ${maintainer()}  ${date}\n`
  put(tree, `${DOC}/changelog.gz`, gzipSync(changes, { level: 9 }))
  put(tree, `${DOC}/CHANGELOG.md.gz`, gzipSync(readFileSync(path.join(app, 'CHANGELOG.md')), { level: 9 }))
  for (const name of ['README.md', 'SECURITY.md']) put(tree, `${DOC}/${name}`, readFileSync(path.join(app, name)))
  put(tree, `${DOC}/examples/etcd-drumbeat.conf`, readFileSync(path.join(app, 'systemd/etcd.service.d/drumbeat.conf')))
  for (const name of ['docs', 'config']) symlinkSync(`../../../lib/drumbeat/${name}`, path.join(tree, DOC, name))
  for (const name of ['LICENSE', 'README.md', 'SECURITY.md', 'CHANGELOG.md', 'systemd'])
    rmSync(path.join(app, name), { recursive: true })
  const help = run(path.join(app, 'node_modules/.bin/node'), [path.join(app, 'src/cli.ts'), 'help'])
  put(tree, 'usr/share/man/man1/drumbeat.1.gz', gzipSync(manPage(help, date), { level: 9 }))
  put(tree, 'usr/share/lintian/overrides/drumbeat', readFileSync(path.join(PAPERS, 'lintian-overrides')))
}

/**
 * @param {string} help
 * @param {string} date
 */
function manPage(help, date) {
  // In troff a line that begins with a dot or an apostrophe is a request.
  const text = help
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&')
  const day = date.slice('Thu, '.length, 'Thu, 01 Jan 1970'.length)
  return readFileSync(path.join(PAPERS, 'drumbeat.1'), 'utf8').replace('@DATE@', day).replace('@HELP@', text.trimEnd())
}

/**
 * @param {string} tree
 * @param {{ architecture: string, debianVersion: string }} options
 */
function putControl(tree, { architecture, debianVersion }) {
  const files = filesIn(tree)
  const kib = files.reduce((sum, file) => sum + Math.ceil(sizeOf(path.join(tree, file)) / 1024), 0)
  const control = readFileSync(path.join(PAPERS, 'control'), 'utf8')
    .replace('@VERSION@', debianVersion)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@MAINTAINER@', maintainer())
    .replace('@SIZE@', String(kib))
    .replace('@DEPENDS@', DEPENDS.join(', '))
  put(tree, 'DEBIAN/control', control)
  put(tree, 'DEBIAN/conffiles', CONFFILES.map((file) => `${file}\n`).join(''))
  const sums = files.flatMap((file) => {
    if (isLink(path.join(tree, file)) || CONFFILES.includes(`/${file}`)) return []
    return [
      `${createHash('md5')
        .update(readFileSync(path.join(tree, file)))
        .digest('hex')}  ${file}\n`,
    ]
  })
  put(tree, 'DEBIAN/md5sums', sums.join(''))
  for (const name of ['postinst', 'prerm', 'postrm']) {
    put(tree, `DEBIAN/${name}`, readFileSync(path.join(PAPERS, name)))
    chmodSync(path.join(tree, 'DEBIAN', name), 0o755)
  }
}

/** Debian requires an address. Nobody reads this one; SECURITY.md says how to report problems. */
function maintainer() {
  const { author } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  return `${author} <nobody@drumbeat.invalid>`
}

/**
 * Returns text as a field of a control file: its lines are indented, and an empty line is a dot.
 * @param {string} text
 */
function indent(text) {
  return text
    .split('\n')
    .map((line) => (line === '' ? ' .' : ` ${line}`))
    .join('\n')
}

/**
 * @param {string} tree
 * @param {string} file
 * @param {string | Uint8Array} content
 */
function put(tree, file, content) {
  const place = path.join(tree, file)
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, content)
}

/**
 * Lists files and links below a folder, relative to the root. Links are not followed. The folder DEBIAN is left out, because it is
 * not part of the installed files.
 * @param {string} tree
 * @returns {string[]}
 */
function filesIn(tree, below = '') {
  const found = readdirSync(path.join(tree, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(below, entry.name)
    if (entry.isDirectory()) return name === 'DEBIAN' ? [] : filesIn(tree, name)
    return [name]
  })
  return found.sort()
}

/**
 * Lists all folders, with the root itself and DEBIAN.
 * @param {string} tree
 * @returns {string[]}
 */
function foldersIn(tree, below = '') {
  const folders = readdirSync(path.join(tree, below), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [below, ...folders.flatMap(({ name }) => foldersIn(tree, path.posix.join(below, name)))]
}

/** @param {string} place */
function isLink(place) {
  return lstatSync(place).isSymbolicLink()
}

/** @param {string} place */
function sizeOf(place) {
  return isLink(place) ? 0 : lstatSync(place).size
}

/**
 * Sets modes: everybody may read, root may write, and only the command and its Node are executable.
 * @param {string} tree
 */
function makeModesSafe(tree) {
  for (const name of foldersIn(tree)) chmodSync(path.join(tree, name), 0o755)
  for (const name of filesIn(tree).filter((file) => !isLink(path.join(tree, file))))
    chmodSync(path.join(tree, name), PROGRAMS.test(name) ? 0o755 : 0o644)
  for (const [name, mode] of Object.entries(MODES)) chmodSync(path.join(tree, name), mode)
}

/**
 * Sets all dates, so that the same sources and packages give the same Debian package.
 * @param {string} tree
 * @param {number} dateSeconds
 */
function setDates(tree, dateSeconds) {
  // Folders come last, because a change inside a folder changes its date.
  for (const name of [...filesIn(tree), ...filesIn(tree, 'DEBIAN'), ...foldersIn(tree)])
    lutimesSync(path.join(tree, name), dateSeconds, dateSeconds)
}
