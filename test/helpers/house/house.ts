import { createPrivateKey, sign } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner } from 'fast-jwt'
import type { LineOutput } from '../../../src/base/line-output.ts'
import { Closers } from '../../../src/base/closers.ts'
import { systemClock } from '../../../src/base/clock.ts'
import type { Random } from '../../../src/base/random.ts'
import { loadConfig, type Config } from '../../../src/config/load.ts'
import { Logs } from '../../../src/config/logs.ts'
import type { PrimaryMethods } from '../../../src/link/methods/primary.ts'
import { planBatch } from '../../../src/ledger/plan.ts'
import type { PlanPool } from '../../../src/ledger/plan-pool.ts'
import { createMetrics } from '../../../src/metrics/metrics.ts'
import type { Node } from '../../../src/node/node.ts'
import { recorderOptionsOf, recordingLimitsOf } from '../../../src/node/node-recorder.ts'
import { openNode, stopHosts } from '../../../src/node/open-node.ts'
import { readResumeSecret } from '../../../src/node/secrets.ts'
import { Links } from '../../../src/processes/links.ts'
import type { WorkerLinks } from '../../../src/processes/workers.ts'
import { Recorder } from '../../../src/recordings/recorder.ts'
import { createAlone, type Cluster } from '../../../src/store/cluster.ts'
import { createMemoryJournal } from '../../../src/store/memory/memory-journal.ts'
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts'
import type { Journal } from '../../../src/store/journal.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Channel } from '../../../src/protocol/ids.ts'
import { createChance, createRandom, type Chance } from './chance.ts'
import { Network } from './network.ts'
import { SimTime } from './sim-time.ts'
import { HouseHost, type StartHost } from './host.ts'
import { joinEtcd, type EtcdNode, type Life } from './node.ts'
import { createRecorder } from './recorder.ts'
import { NO_FAULTS, over, withFaults, type StoreFaults } from './store.ts'
import { HouseWorker, NO_LOOP_DELAY } from './worker.ts'

export interface HouseOptions {
  readonly seed?: number
  /** Settings, in addition to those that a house needs. */
  readonly env?: Readonly<Record<string, string>>
  /** Wraps the store, or replaces it. */
  readonly store?: (truth: Store) => Store
  /** The journal that an earlier house has left. */
  readonly journal?: Journal
  /** Where recordings are written. Without it there are none. */
  readonly recordings?: string
  /** Called when a worker was started. It does not listen yet. */
  readonly onSpawn?: (worker: HouseWorker) => void
  /** Starts the code that runs games in each host. If it is not given, no game is set up. */
  readonly startHost?: StartHost
  /** Gets the lines of the log. By default they are dropped. */
  readonly logOutput?: LineOutput
  /** Makes it a node of a cluster. By default it is alone. */
  readonly asNode?: HouseNode
}

/** What makes a house one node of several. */
export interface HouseNode extends EtcdNode {
  /** The first of them, whose time and network this one shares. It is closed last. */
  readonly beside?: House
}

export interface Logged {
  readonly offset: number
  readonly channel: Channel
  readonly body: Uint8Array
}

const SECRET = 'a secret for the house, of thirty-two bytes and more'
const PREFIX = '/core/game/v1/real-time'
const HOST = 'house.test'
const ANY_HOST = `any.${HOST}`
/** Holds only the key that signs receipts. All houses of a process share it, because making a key takes a while. */
const dataDir = mkdtempSync(join(tmpdir(), 'drumbeat-house-'))
const STOP_MS = 10_000

/**
 * A whole server in this process, under one clock and one seed. It has the real primary over a memory store, real links over
 * pipes, the real parts of the workers, and clients (the real client library) over connections that can be cut. Only
 * uWebSockets.js, HTTP, Socket.IO and the threads of the ledger are missing. While a house is open, its time is the only time of
 * this process.
 */
export class House {
  readonly time: SimTime
  readonly chance: Chance
  readonly faults: StoreFaults = { ...NO_FAULTS }
  /** The store without faults. */
  readonly truth: Store
  readonly network: Network
  readonly workers: HouseWorker[] = []
  /** All hosts that were ever started, like `workers`. */
  readonly hosts: HouseHost[] = []
  readonly journal: Journal
  /** Every event that was ever added to the log, in order. */
  readonly log: Logged[] = []
  faultsFired = 0
  /** Settings in addition to those that a house needs. Changes take effect with the next reload. */
  readonly env: Record<string, string>
  onSpawn: (worker: HouseWorker) => void
  readonly #closers = new Closers()
  readonly #options: HouseOptions
  /** The other nodes that share time and network with this one, which is the first of them. */
  readonly #others: House[] = []
  #opened = new Closers()
  #life: Life = { isOver: false }
  #node: Node | undefined
  #isStopping = false

  private constructor(options: HouseOptions) {
    const { seed = 1, env = {}, onSpawn = () => {}, journal = createMemoryJournal(), asNode } = options
    this.#options = options
    this.env = { ...env }
    this.journal = journal
    this.onSpawn = onSpawn
    const { beside } = asNode ?? {}
    this.time = beside?.time ?? new SimTime()
    this.chance = beside?.chance ?? createChance(seed)
    if (!beside) this.#closers.defer(this.time.install(() => this.chance.fraction()))
    this.truth = recorded(createMemoryStore({ clock: systemClock, epoch: 'e1' }), this.log)
    this.network = beside?.network ?? new Network({ chance: this.chance, listening: (host) => this.#reachable(host) })
    if (!beside) this.#closers.defer(this.network.install())
    if (beside) beside.#others.push(this)
  }

  /** Resolves when the workers listen. Close it even if a test fails, because it has replaced this process's timers. */
  static async open(options: HouseOptions = {}): Promise<House> {
    const house = new House(options)
    try {
      await house.time.settle(house.#open())
      return house
    } catch (error) {
      await house.#end()
      throw error
    }
  }

  get node(): Node {
    if (!this.#node) throw new Error('the house is not open')
    return this.#node
  }

  /** Leads to this node, as what stands before a cluster may lead to any: see `anyUrl`. */
  get url(): string {
    return `ws://${this.#host}`
  }

  /** Leads to any node, as a load balancer does. */
  get anyUrl(): string {
    return `ws://${ANY_HOST}`
  }

  get #host(): string {
    const { asNode } = this.#options
    return asNode === undefined ? HOST : `${asNode.name}.${HOST}`
  }

  #reachable(host: string): readonly HouseWorker[] {
    return [this, ...this.#others]
      .filter((one) => host === ANY_HOST || host === one.#host)
      .flatMap((one) => one.listening)
  }

  /** Signs a token of this player, by default for an hour. */
  mint(sub: string, lifetimeS = 3600): string {
    const iat = Math.floor(systemClock.wallMs() / 1000)
    return createSigner({ algorithm: 'HS256', key: SECRET })({ sub, iat, exp: iat + lifetimeS })
  }

  get listening(): readonly HouseWorker[] {
    return this.workers.filter(({ isListening }) => isListening)
  }

  /** The worker in this place. It has to listen. */
  worker(place: number): HouseWorker {
    const worker = this.listening[place]
    if (!worker) throw new Error(`there is no worker ${place}`)
    return worker
  }

  /** Asks the primary what HTTP requests ask it. Rejects with a Refusal. */
  ask<Name extends keyof PrimaryMethods>(
    method: Name,
    args: PrimaryMethods[Name]['args'],
  ): Promise<PrimaryMethods[Name]['result']> {
    return this.time.settle(this.worker(0).parts.context.link.ask(method, args))
  }

  /** Kills all processes of the node at once, as SIGKILL does. What the node has not written by now, it never writes. */
  async kill(): Promise<void> {
    const { supervisor, hostSupervisor } = this.node
    this.#life.isOver = true
    const ended = Promise.all([supervisor.stop(0), hostSupervisor.stop(0)])
    for (const each of [...this.workers, ...this.hosts]) each.kill()
    await this.time.settle(ended.then(() => this.#opened.close()))
    this.#node = undefined
  }

  /** Stops the node as an operator does. */
  async stop(): Promise<void> {
    await this.time.settle(this.#stop(this.node).then(() => this.#opened.close()))
    this.#node = undefined
  }

  /** Starts the node again with the store and the journal that it has left. Resolves when its workers listen. */
  async start(): Promise<void> {
    this.#opened = new Closers()
    await this.time.settle(this.#open())
  }

  /** Drains the workers, ends everything, and gives the process its own time back. */
  async close(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    try {
      Object.assign(this.faults, NO_FAULTS)
      if (this.#node) await this.time.settle(this.#stop(this.#node))
    } finally {
      await this.#end()
    }
  }

  /** Lets time pass while the node closes, because a killed process ends only a turn later. */
  async #end(): Promise<void> {
    try {
      await this.time.settle(this.#opened.close())
    } finally {
      await this.#closers.close()
    }
  }

  #startHost(start: StartHost | undefined): HouseHost['process'] {
    if (!start) throw new Error('no host can be started in this house')
    const host = new HouseHost(start, () => this.#linkDelayMs())
    this.hosts.push(host)
    return host.process
  }

  #linkDelayMs(): number {
    return this.chance.happens(0.5) ? 0 : this.chance.fraction() * 2
  }

  async #stop(node: Node): Promise<void> {
    node.isDraining = true
    await node.supervisor.stop(STOP_MS)
    await stopHosts(node, STOP_MS)
    await node.context.ledger.idle()
  }

  #readConfig(): Config {
    return loadConfig({
      env: {
        HTTP_PORT: '1',
        WORKERS: '2',
        AUTH_JWT_SECRET: SECRET,
        ADMIN_TOKEN: 'the-admin-token-of-the-house',
        DATA_DIR: dataDir,
        MEMORY_LIMIT: 'off',
        GAMES: 'none',
        API_PATH_PREFIX: PREFIX,
        ALLOWED_HOSTS: `${HOST},*.${HOST}`,
        ...(this.#options.asNode === undefined
          ? {}
          : {
              NODE_ID: this.#options.asNode.name,
              ETCD_ENDPOINTS: 'http://etcd.test:2379',
              PUBLIC_URL: `http://${this.#host}`,
            }),
        ...this.env,
      },
    })
  }

  async #openStore(life: Life, random: Random): Promise<{ readonly truth: Store; readonly cluster: Cluster }> {
    const { asNode } = this.#options
    if (asNode === undefined) return { truth: this.truth, cluster: createAlone(this.#readConfig().settings.NODE_ID) }
    const { store, cluster } = await joinEtcd(asNode, life, random)
    this.#opened.defer(() => store.close())
    return { truth: recorded(store, this.log), cluster }
  }

  async #open(): Promise<void> {
    const { store: before = (truth) => truth, startHost, logOutput, recordings, asNode } = this.#options
    const life: Life = { isOver: false }
    this.#life = life
    const config = this.#readConfig()
    const { settings } = config
    const output = logOutput === undefined ? {} : { output: logOutput }
    const level = logOutput === undefined ? 'silent' : 'info'
    const logs = new Logs({ level, levels: new Map(), pretty: false, bindings: {}, ...output })
    const random = createRandom(this.chance, asNode?.name)
    const { truth, cluster } = await this.#openStore(life, random)
    const store = withFaults(ofLife(life, before(truth)), this.faults, this.chance, () => this.faultsFired++)
    const metrics = createMetrics('primary', NO_LOOP_DELAY)
    const recording = recorderOptionsOf({ metrics, clock: systemClock, logs })
    const workers: WorkerLinks = new Links()
    const spawn = () => {
      const worker = new HouseWorker({ random, logs, linkDelayMs: () => this.#linkDelayMs() })
      this.workers.push(worker)
      this.onSpawn(worker)
      return worker.process
    }
    this.#node = await openNode(
      {
        config,
        readConfig: () => this.#readConfig(),
        store,
        cluster,
        readFault: () => Promise.resolve(undefined),
        isUp: () => true,
        secrets: {
          tokenKey: { kind: 'secret', secret: SECRET },
          adminToken: settings.ADMIN_TOKEN ?? '',
          resumeSecret: await readResumeSecret(truth),
        },
        ports: { port: 1, adminPort: null },
        workers,
        spawn,
        hosts: new Links(),
        spawnHost: () => this.#startHost(startHost),
        journal: journalOfLife(life, this.journal),
        recorder:
          recordings === undefined
            ? new Recorder(recording)
            : createRecorder(recording, recordings, recordingLimitsOf(settings)),
        openPool: (signingKey) => openPool(signingKey, random.uuid),
        metrics,
        traces: { tracer: undefined },
        clock: systemClock,
        random,
        log: logs.of('primary'),
        logs,
      },
      this.#opened,
    )
  }
}

/** The store as one life of the node sees it. When that life is over, its calls do nothing and never settle. */
function ofLife(life: Life, store: Store): Store {
  const alive = <Result>(ask: () => Promise<Result>): Promise<Result> => (life.isOver ? never() : ask().then(heard))
  const heard = <Result>(result: Result): Result | Promise<Result> => (life.isOver ? never() : result)
  return {
    ...over(store),
    get: (keys) => alive(() => store.get(keys)),
    list: (prefix, page) => alive(() => store.list(prefix, page)),
    commit: (transaction) => alive(() => store.commit(transaction)),
  }
}

function never<Result>(): Promise<Result> {
  return new Promise(() => {})
}

function journalOfLife(life: Life, journal: Journal): Journal {
  const alive = (write: () => Promise<void> | undefined) => (life.isOver ? never<void>() : write())
  return {
    damaged: journal.damaged,
    append: (records) => alive(() => journal.append(records)),
    checkpoint: (checkpoint) => alive(() => journal.checkpoint(checkpoint)),
    delete: (room) => alive(() => journal.delete(room)),
    rooms: () => journal.rooms(),
    read: (room) => journal.read(room),
    beat: (beat) => alive(() => journal.beat(beat)),
    lastBeat: () => journal.lastBeat(),
    close: () => journal.close(),
  }
}

/** Wraps the store to add what it commits to `log`. */
function recorded(store: Store, log: Logged[]): Store {
  const commit: Store['commit'] = async (transaction) => {
    const result = await store.commit(transaction)
    if (result.committed) {
      const records = transaction.log ?? []
      log.push(...records.map(({ channel, body }, i) => ({ offset: result.offset + i, channel, body })))
    }
    return result
  }
  return { ...over(store), commit }
}

/** Makes plans on this thread, one turn later. */
function openPool(signingKey: string, newId: () => string): PlanPool {
  const key = createPrivateKey(signingKey)
  return {
    plan: async (input) => {
      await new Promise<void>((resolve) => setImmediate(resolve))
      return planBatch(input, { newId, sign: (bytes) => sign(null, bytes, key).toString('base64url') })
    },
    close: () => Promise.resolve(),
  }
}
