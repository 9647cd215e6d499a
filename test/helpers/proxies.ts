import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificates } from './certificates.ts'
import { onFreePorts } from './ports.ts'
import type { Owner, TestServer } from './server.ts'
import { until } from './until.ts'

export type ProxyName = 'nginx' | 'haproxy'

const DOCUMENT = readFileSync(new URL('../../docs/operate/proxies.md', import.meta.url), 'utf8')
/** src/setup/ensure-debian.mjs has put the programs there. */
const FOLDERS: Readonly<Record<ProxyName, string>> = {
  nginx: fileURLToPath(new URL('../../node_modules/.cache/drumbeat/nginx/1.22/', import.meta.url)),
  haproxy: fileURLToPath(new URL('../../node_modules/.cache/drumbeat/haproxy/2.6/', import.meta.url)),
}

/** For the options of `t.test`: the reason to skip, or false. */
export function skipWithoutProxy(name: ProxyName): { readonly skip: string | false } {
  return { skip: !existsSync(join(FOLDERS[name], name)) && `no ${name} here (ensure-installed.mjs says why)` }
}

interface ProxyOptions {
  readonly server: TestServer
  readonly certificates: Certificates
  readonly change?: (text: string) => string
}

export interface TestProxy {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
}

/**
 * Starts a real proxy with the configuration of docs/operate/proxies.md. Only addresses and certificates are replaced. Resolves
 * when it takes connections. It ends with the owner.
 */
export function startProxy(owner: Owner, name: ProxyName, options: ProxyOptions): Promise<TestProxy> {
  return onFreePorts(1, ([port = 0]) => startOn(port, owner, name, options))
}

async function startOn(port: number, owner: Owner, name: ProxyName, options: ProxyOptions): Promise<TestProxy> {
  const folder = await mkdtemp(join(tmpdir(), `drumbeat-${name}-`))
  const { cert, key } = options.certificates.server
  const both = join(folder, 'both.pem')
  writeFileSync(both, `${readFileSync(cert, 'utf8')}\n${readFileSync(key, 'utf8')}`)
  const snippet = readSnippet(name)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${options.server.port}`)
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('/etc/ssl/game.example.pem', cert)
    .replace('/etc/ssl/game.example.key', key)
    .replace('/etc/ssl/game.example.both.pem', both)
  const text = options.change?.(snippet) ?? snippet
  const file = join(folder, 'proxy.conf')
  writeFileSync(file, name === 'nginx' ? inNginx(folder, text) : text)
  const args = name === 'nginx' ? ['-p', folder, '-e', 'stderr', '-c', file] : ['-db', '-f', file]
  const env = { PATH: process.env['PATH'], LD_LIBRARY_PATH: FOLDERS[name] }
  const child = spawn(join(FOLDERS[name], name), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  owner.teardown(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  })
  const why = () => `${name} to listen:\n${text}\n${said}`
  await until(async () => child.exitCode !== null || (await takesConnections(port)), why)
  if (child.exitCode !== null) throw new Error(`${name} ended:\n${text}\n${said}`)
  return { url: `https://127.0.0.1:${port}`, port }
}

/** The block of code under the proxy's name. */
function readSnippet(name: ProxyName): string {
  const [, snippet] = new RegExp(`\`\`\`${name}\\n([^]*?)\`\`\``).exec(DOCUMENT) ?? []
  if (snippet === undefined) throw new Error(`docs/operate/proxies.md has no configuration of ${name}`)
  return snippet
}

/** Wraps a file of conf.d, so that nothing outside of the folder is used. */
function inNginx(folder: string, snippet: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
events {}
http {
access_log off;
${temporary.join('\n')}
${snippet}
}
`
}

function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
