// Installs foreign clients for `npm run prove -- clients`: Debian's python3-socketio with what its two transports need, and Java.
import { spawnSync } from 'node:child_process'

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {string[]} asked a command that succeeds if the client is there. It names Debian's own `python3`, because another one
 *   does not see Debian's packages
 * @property {string[]} packages
 */

/** @type {Client[]} */
const CLIENTS = [
  {
    name: 'python-socketio',
    asked: ['/usr/bin/python3', '-c', 'import socketio, aiohttp, requests, websocket'],
    packages: ['python3-socketio', 'python3-aiohttp', 'python3-requests', 'python3-websocket'],
  },
  { name: 'Java', asked: ['java', '--version'], packages: ['default-jre-headless'] },
]

/**
 * Installs the clients, if this is Debian and this user is root. Otherwise the proof reports what it left out.
 * @param {string} root
 */
export function ensureClients(root) {
  const missing = CLIENTS.filter(({ asked }) => !isThere(asked))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(' and ')
  const packages = missing.flatMap(({ packages }) => packages)
  if (process.getuid?.() === 0 && isThere(['apt-get', '--version'])) {
    console.error(`drumbeat: no ${names} here; installing it for the proof (apt-get install ${packages.join(' ')})`)
    const install = `apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ${packages.join(' ')} >/dev/null`
    spawnSync(install, { cwd: root, shell: true, stdio: ['ignore', 2, 2] })
  }
  for (const { name } of missing.filter(({ asked }) => !isThere(asked)))
    console.error(`drumbeat: no ${name} here, so the proof runs without it`)
}

/** @param {string[]} command */
function isThere([command = '', ...args]) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
