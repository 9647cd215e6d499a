// A part of ensure-installed.mjs, and as plain. Puts binaries of Debian into node_modules for the tests: etcd, Prometheus, nginx
// and HAProxy. Nothing is installed into the system, and nobody needs to be root. Tests whose binaries are missing are skipped.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Debian 12 and 13. Binaries of either release run on both. */
const SUITES = ['bookworm', 'trixie']
const APT_MS_MAX = 180_000

/** @typedef {{ name: string, text: string }} SourcesFile */
/** @typedef {{ version: string, suite: string }} Release a version, and the release of Debian that has it */
/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {readonly Release[]} releases
 * @property {readonly string[]} packages
 * @property {readonly string[]} binaries the first one can print its version
 * @property {string} [asked] the option that prints the version, `--version` by default
 * @property {boolean} [hasLibraries] whether some of the packages are shared libraries, which are kept beside the binaries
 * @property {string} says the text that it prints before the version
 */

/** @type {Tool} */
const ETCD = {
  name: 'etcd',
  releases: [
    { version: '3.4', suite: 'bookworm' },
    { version: '3.5', suite: 'trixie' },
  ],
  packages: ['etcd-server', 'etcd-client'],
  binaries: ['etcd', 'etcdctl'],
  says: 'etcd Version: ',
}

/** @type {Tool} */
const PROMETHEUS = {
  name: 'prometheus',
  releases: [{ version: '2.42', suite: 'bookworm' }],
  packages: ['prometheus'],
  binaries: ['promtool', 'prometheus'],
  says: 'promtool, version ',
}

/** @type {Tool} */
const NGINX = {
  name: 'nginx',
  releases: [{ version: '1.22', suite: 'bookworm' }],
  packages: ['nginx'],
  binaries: ['nginx'],
  asked: '-v',
  says: 'nginx version: nginx/',
}

/** @type {Tool} */
const HAPROXY = {
  name: 'haproxy',
  releases: [{ version: '2.6', suite: 'bookworm' }],
  packages: ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  binaries: ['haproxy'],
  asked: '-v',
  says: 'HAProxy version ',
  hasLibraries: true,
}

const FALLBACK = {
  name: 'debian.sources',
  text: [
    'Types: deb',
    'URIs: http://deb.debian.org/debian',
    `Suites: ${suites()}`,
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
  ].join('\n'),
}

/**
 * Puts `etcd` and `etcdctl` into node_modules/.cache/drumbeat/etcd/3.4 and .../3.5 unless they are there.
 * @param {string} root
 */
export function ensureEtcd(root) {
  ensureTool(root, ETCD)
}

/**
 * Puts `promtool` and `prometheus` into node_modules/.cache/drumbeat/prometheus/2.42 unless they are there.
 * @param {string} root
 */
export function ensurePrometheus(root) {
  ensureTool(root, PROMETHEUS)
}

/**
 * Puts `nginx` into node_modules/.cache/drumbeat/nginx/1.22 and `haproxy` into .../haproxy/2.6 unless they are there.
 * @param {string} root
 */
export function ensureProxies(root) {
  ensureTool(root, NGINX)
  ensureTool(root, HAPROXY)
}

/**
 * @param {string} root
 * @param {Tool} tool
 */
function ensureTool(root, tool) {
  const { name: what, releases, binaries } = tool
  const home = path.join(root, 'node_modules/.cache/drumbeat', what)
  const findMissing = () =>
    releases.filter(({ version }) => !binaries.every((name) => existsSync(path.join(home, version, name))))
  if (findMissing().length === 0) return
  if (!['apt-get', 'dpkg'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0)) {
    console.error(`drumbeat: no ${what} and no apt-get here, so the tests with a real one will be skipped`)
    return
  }
  const named = findMissing().map(({ version }) => version)
  console.error(`drumbeat: fetching ${what} ${named.join(' and ')} for the tests, into node_modules (apt-get download)`)
  let reason = ''
  for (const sources of [...findSources(), FALLBACK]) {
    for (const error of fetchAll(home, tool, findMissing(), sources)) reason ||= error
    if (findMissing().length === 0) return
  }
  const absent = findMissing().map(({ version }) => version)
  console.error(`drumbeat: no ${what} ${absent.join(' and ')}, so tests that need it will be skipped: ${reason}`)
}

/**
 * Finds the machine's own sources of Debian packages. Each is returned as a file with our suites in place of its own; mirror, keys
 * and options are kept.
 * @returns {SourcesFile[]}
 */
function findSources() {
  const folder = '/etc/apt/sources.list.d'
  const inFolder = existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []
  const found = []
  for (const file of ['/etc/apt/sources.list', ...inFolder]) {
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    if (file.endsWith('.sources')) found.push(...fromStanzas(text))
    if (file.endsWith('.list')) found.push(...fromLines(text))
  }
  return found
}

/** @param {string} text a file of the format that has a paragraph for each source */
function fromStanzas(text) {
  const stanzas = text.replaceAll(/^#.*\n/gm, '').split(/\n\s*\n/)
  return stanzas.flatMap((stanza) => {
    /** @param {string} name */
    const field = (name) => new RegExp(`^${name}:(.*)$`, 'im').exec(stanza)?.[1]?.trim() ?? ''
    if (/^no$/i.test(field('Enabled')) || !isDebian(field('URIs'), field('Suites'), field('Components'))) return []
    const rest = stanza.replaceAll(/^(Types|Suites|Components):.*\n?/gim, '').trim()
    return [{ name: 'debian.sources', text: `Types: deb\nSuites: ${suites()}\nComponents: main\n${rest}\n` }]
  })
}

/** @param {string} text a file of the format that has a line for each source */
function fromLines(text) {
  const lines = text.matchAll(/^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/gm)
  return [...lines].flatMap(([, options = '', uri = '', suite = '', components = '']) => {
    if (!isDebian(uri, suite, components)) return []
    const own = SUITES.map((suite) => `deb ${options}${uri} ${suite} main\n`)
    return [{ name: 'debian.list', text: own.join('') }]
  })
}

/**
 * Whether this is the archive of a release of Debian, and not its security updates or packages of others for it.
 * @param {string} uris
 * @param {string} suites
 * @param {string} components
 */
function isDebian(uris, suites, components) {
  const release = /^(bullseye|bookworm|trixie|forky|sid|unstable|testing|stable|oldstable|oldoldstable)$/
  const isRelease = suites.split(/\s+/).some((suite) => release.test(suite))
  return isRelease && /\/debian(\/|\s|$)/.test(uris) && components.split(/\s+/).includes('main')
}

function suites() {
  return SUITES.join(' ')
}

/**
 * Fetches the releases of a tool. Returns the reasons why some could not be fetched; the list is empty if all were.
 * @param {string} home
 * @param {Tool} tool
 * @param {readonly Release[]} releases
 * @param {SourcesFile} sources
 * @returns {string[]}
 */
function fetchAll(home, tool, releases, sources) {
  const work = mkdtempSync(path.join(tmpdir(), 'drumbeat-debian-'))
  try {
    // If apt is run by root, it downloads as a user without rights.
    chmodSync(work, 0o755)
    const apt = prepareApt(work, sources)
    // A failed update is no error yet: the source may name more than is needed, and the download shows what is missing.
    const update = spawnSync('apt-get', [...apt, 'update'], { encoding: 'utf8', timeout: APT_MS_MAX })
    const unread = update.stderr?.split('\n').find((line) => /^[EW]: Failed/.test(line))
    return releases.flatMap((release) => {
      const reason = fetchOne({ home, tool, release, work, apt })
      return reason === undefined ? [] : [unread ?? reason]
    })
  } catch (error) {
    return [String(error)]
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * Returns options with which apt-get uses only this source and writes only to the work folder.
 * @param {string} work
 * @param {SourcesFile} sources
 */
function prepareApt(work, { name, text }) {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(path.join(work, folder), { recursive: true })
  }
  writeFileSync(path.join(work, 'status'), '')
  writeFileSync(path.join(work, name), text)
  const options = {
    'Dir::Etc::sourcelist': path.join(work, name),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': path.join(work, 'lists'),
    'Dir::State::status': path.join(work, 'status'),
    'Dir::Cache': path.join(work, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '15',
  }
  return ['-qq', ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])]
}

/**
 * @param {{ home: string, tool: Tool, release: Release, work: string, apt: string[] }} what
 * @returns {string | undefined} why it failed, or undefined if it did not
 */
function fetchOne({ home, tool, release: { version, suite }, work, apt }) {
  const folder = path.join(work, suite)
  mkdirSync(folder)
  const failed = run('apt-get', [...apt, 'download', ...tool.packages.map((name) => `${name}/${suite}`)], folder)
  if (failed !== undefined) return failed
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const failed = run('dpkg', ['-x', name, 'unpacked'], folder)
    if (failed !== undefined) return failed
  }
  const files = readdirSync(path.join(folder, 'unpacked/usr'), { recursive: true, encoding: 'utf8' })
  const kept = files.filter((file) => isKept(file, tool))
  const from = (/** @type {string} */ file) => path.join(folder, 'unpacked/usr', file)
  // The folder is made under another name first, so that nobody sees it half full.
  mkdirSync(home, { recursive: true })
  const staged = mkdtempSync(path.join(home, 'new-'))
  for (const file of kept) copyFileSync(from(file), path.join(staged, path.basename(file)))
  chmodSync(staged, 0o755)
  const first = path.join(staged, tool.binaries[0] ?? '')
  const asked = [`LD_LIBRARY_PATH=${staged}`, first, tool.asked ?? '--version']
  const { stdout, stderr, error } = spawnSync('env', asked, { encoding: 'utf8' })
  if (!`${stdout}${stderr}`.includes(`${tool.says}${version}.`)) {
    rmSync(staged, { recursive: true })
    return `${tool.name} of ${suite} is not ${version} (${error ?? `${stdout}${stderr}`})`
  }
  rmSync(path.join(home, version), { recursive: true, force: true })
  renameSync(staged, path.join(home, version))
  return undefined
}

/**
 * @param {string} file in the folder `usr` of a package
 * @param {Tool} tool
 */
function isKept(file, { binaries, hasLibraries = false }) {
  const [folder] = file.split(path.sep)
  const name = path.basename(file)
  if (folder === 'bin' || folder === 'sbin') return binaries.includes(name)
  return hasLibraries && folder === 'lib' && /\.so\.\d/.test(name)
}

/**
 * Runs a command. Returns one line that says why it failed, or undefined if it did not.
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: APT_MS_MAX })
  if (status === 0) return undefined
  const said = stderr?.split('\n').find((line) => line.startsWith('E:')) ?? error?.message ?? `status ${status}`
  return `${command}: ${said}`
}
