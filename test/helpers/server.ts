import { PATIENCE_MS } from './patience.ts'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner } from 'fast-jwt'
import { onFreePorts } from './ports.ts'
import { parseLog, ServerProcess, strayLines, type Ended, type ServerEnv } from './server-process.ts'

export interface Owner {
  teardown(callback: () => void | Promise<void>): void
}

const STRAY_SHOWN_MAX = 20
const PATH_PREFIX = '/core/game/v1/real-time'
const DEFAULTS: ServerEnv = {
  HTTP_PORT: '0',
  LOG_FORMAT: 'json',
  NODE_ID: 'n1',
  WORKERS: '2',
  // Tests of games say how many hosts they want.
  GAME_HOSTS: '0',
  AUTH_JWT_SECRET: 'a secret for the tests, of thirty-two bytes and more',
  ADMIN_TOKEN: 'the-admin-token-of-the-tests',
}

/**
 * Starts a real server: `node src/main.ts` with its workers, on a free port, in a data folder of its own. When the owner ends, it
 * is stopped by SIGTERM; unless it then exits with 0, and has written nothing but its log, the test's file fails. An empty
 * variable counts as not set, so a default can be undone.
 */
export async function startServer(owner: Owner, env: ServerEnv = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'drumbeat-test-'))
  const server = new TestServer({ ...DEFAULTS, DATA_DIR: join(folder, 'data'), ...env })
  owner.teardown(async () => {
    // If a teardown throws, tap skips the later ones, and what they would end goes on. So the file fails by its exit code
    // instead.
    await server.stop().catch((error: unknown) => {
      process.exitCode = 1
      process.stderr.write(`${String(error)}\n`)
    })
    await rm(folder, { recursive: true, force: true })
  })
  await server.start()
  return server
}

export class TestServer {
  readonly dataDir: string
  #env: ServerEnv
  #process: ServerProcess | undefined
  #url = ''
  #earlierOutput = ''
  #ending: Promise<Ended> | undefined

  constructor(env: ServerEnv) {
    this.#env = env
    this.dataDir = env['DATA_DIR'] ?? ''
  }

  /** `http://127.0.0.1:PORT`. It stays the same after a restart. */
  get url(): string {
    return this.#url
  }

  /** The address without `/private` and `/public`. */
  get wsUrl(): string {
    return `${this.#url.replace('http', 'ws')}${this.#env['API_PATH_PREFIX'] ?? PATH_PREFIX}`
  }

  get port(): number {
    return Number(new URL(this.#url).port)
  }

  /** The primary's process id. */
  get pid(): number {
    return this.#running().pid
  }

  get adminToken(): string {
    return this.#secret('ADMIN_TOKEN', 'dev-admin-token')
  }

  /** A token for the shared secret, valid for an hour. `claims` take precedence; those that are undefined are left out. */
  mint(sub: string, claims: Readonly<Record<string, unknown>> = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const sign = createSigner({ algorithm: 'HS256', key: this.#secret('AUTH_JWT_SECRET', 'dev-jwt-secret') })
    return sign({ sub, iat: now, exp: now + 3600, ...claims })
  }

  /** Standard output and error of all its runs. */
  output(): string {
    return this.#earlierOutput + (this.#process ? this.#process.stdout + this.#process.stderr : '')
  }

  logs(): readonly Readonly<Record<string, unknown>>[] {
    return parseLog(this.output())
  }

  /** Sends a request with the admin token. Resolves to the answer's body. Rejects if the status is not 2xx. */
  async admin(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.adminToken}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }

  /** Resolves when the process has ended by itself. */
  get ended(): Promise<Ended> {
    return this.#running().ended
  }

  /** Its port is one that the kernel gives to no outgoing connection, so that it can have it again after a stop. */
  async start(): Promise<void> {
    if (this.#env['HTTP_PORT'] !== '0') await this.#start(this.#env)
    else await onFreePorts(1, ([port]) => this.#start({ ...this.#env, HTTP_PORT: String(port) }))
  }

  /** Sends SIGTERM. Rejects unless it drains, exits with 0, and has written nothing but its log. Does nothing if it has ended. */
  async stop(): Promise<void> {
    const ended = await this.#end('SIGTERM')
    if (ended && ended.code !== 0) {
      throw new Error(`the server ended with ${ended.code ?? ended.signal}:\n${this.output()}`)
    }
    // With Node's debug output on, other lines are expected.
    const stray = this.#env['NODE_DEBUG'] === undefined ? strayLines(this.output()) : []
    if (ended && stray.length > 0) {
      throw new Error(`the server wrote lines that are not of its log:\n${stray.slice(0, STRAY_SHOWN_MAX).join('\n')}`)
    }
  }

  /** Kills the primary by SIGKILL. Resolves when the workers are gone, too. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Starts it again on the same folder and port. If it is running, stops it first. `env` is added to the former environment. */
  async restart(env: ServerEnv = {}): Promise<void> {
    await this.stop()
    this.#env = { ...this.#env, HTTP_PORT: String(this.port), ...env }
    await this.start()
  }

  async #start(env: ServerEnv): Promise<void> {
    this.#process = new ServerProcess(env)
    const line = await this.#process.logLine('listening')
    this.#url = String(line['url'])
  }

  #end(signal: NodeJS.Signals): Promise<Ended> | undefined {
    const process = this.#process
    if (!process) return undefined
    // A second SIGTERM would end it at once.
    if (!this.#ending || signal === 'SIGKILL') process.signal(signal)
    this.#ending ??= this.#ended(process)
    return this.#ending
  }

  async #ended(process: ServerProcess): Promise<Ended> {
    const tooLate = setTimeout(() => process.signal('SIGKILL'), PATIENCE_MS)
    const ended = await process.ended
    clearTimeout(tooLate)
    this.#earlierOutput += process.stdout + process.stderr
    this.#process = undefined
    this.#ending = undefined
    return ended
  }

  #running(): ServerProcess {
    if (!this.#process) throw new Error('the server is not running')
    return this.#process
  }

  #secret(setting: string, file: string): string {
    return this.#env[setting] || readFileSync(join(this.dataDir, file), 'utf8').trim()
  }
}
