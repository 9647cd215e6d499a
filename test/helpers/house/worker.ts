import { systemClock } from '../../../src/base/clock.ts'
import type { Random } from '../../../src/base/random.ts'
import type { Logs } from '../../../src/config/logs.ts'
import { Link } from '../../../src/link/link.ts'
import type { PrimaryMethods } from '../../../src/link/methods/primary.ts'
import type { WorkerMethods, WorkerWelcome } from '../../../src/link/methods/worker.ts'
import { createMetrics } from '../../../src/metrics/metrics.ts'
import type { NodeProcess } from '../../../src/processes/child-process.ts'
import type { HandshakeResult, RequestHead } from '../../../src/door/handshake.ts'
import type { PrimaryLink } from '../../../src/worker/context.ts'
import { drainParts } from '../../../src/worker/drain.ts'
import {
  createLinkHandlers,
  publishBlock,
  publishGameBlock,
  type Listeners,
} from '../../../src/worker/link-handlers.ts'
import { openContext } from '../../../src/worker/open-context.ts'
import { createRealTime } from '../../../src/worker/real-time.ts'
import { startSweeper } from '../../../src/worker/sweeper.ts'
import { createPipe, type PipeEnd } from './pipe.ts'
import { ServerSocket, type Wire, type WorkerEnd } from './socket.ts'

export interface HouseWorkerOptions {
  readonly random: Random
  readonly logs: Logs
  readonly linkDelayMs: () => number
}

const LINK_QUEUE_BYTES_MAX = 256 * 1024 * 1024
export const NO_LOOP_DELAY = { p99Ms: () => 0, close: () => {} }

/** A worker in this process, with all of its real parts except uWebSockets.js, HTTP and Socket.IO. */
export class HouseWorker implements WorkerEnd {
  readonly topics = new Map<string, Set<ServerSocket>>()
  /** The primary's view of it. */
  readonly process: NodeProcess
  readonly #options: HouseWorkerOptions
  readonly #primaryEnd: PipeEnd
  readonly #end: PipeEnd
  readonly #link: PrimaryLink
  readonly #wires = new Set<Wire>()
  #started: Listeners | undefined
  #isListening = false
  #hasEnded = false
  #resolveEnded: (how: string) => void = () => {}

  constructor(options: HouseWorkerOptions) {
    this.#options = options
    const [primaryEnd, workerEnd] = createPipe(options.linkDelayMs)
    this.#primaryEnd = primaryEnd
    this.#end = workerEnd
    const ended = new Promise<string>((resolve) => (this.#resolveEnded = resolve))
    this.process = { pid: undefined, link: primaryEnd, kill: () => this.kill(), ended }
    this.#link = new Link<WorkerMethods, PrimaryMethods>({
      stream: workerEnd,
      queueBytesMax: LINK_QUEUE_BYTES_MAX,
      onClose: () => this.kill(),
      onBlock: (block) => publishBlock(this.parts, block),
      onGameBlock: (block) => publishGameBlock(this.parts, block),
      handlers: { welcome: (welcome) => this.#start(welcome), ...createLinkHandlers(() => this.parts) },
    })
  }

  get isListening(): boolean {
    return this.#isListening && !this.#hasEnded
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get parts(): Listeners {
    if (!this.#started) throw new Error('the primary spoke before its welcome')
    return this.#started
  }

  handshake(head: RequestHead): HandshakeResult {
    return this.parts.realTime.handshake(head)
  }

  /** The upgrade was accepted. */
  open(wire: Wire, accepted: Extract<HandshakeResult, { kind: 'accept' }>): void {
    const socket = new ServerSocket(this, wire)
    wire.connect(socket)
    this.#wires.add(wire)
    socket.opened(this.parts.realTime.sessions.open(socket, accepted))
  }

  frame: WorkerEnd['frame'] = (connection, bytes, isBinary) => {
    if (!this.#hasEnded) this.parts.realTime.dispatch.frame(connection, { bytes }, isBinary)
  }

  closed: WorkerEnd['closed'] = (connection, code) => {
    if (!this.#hasEnded) this.parts.realTime.sessions.closed(connection, code)
  }

  /** From now on it gets nothing from the primary, and the primary gets nothing from it, until `thaw`. */
  freeze(): void {
    this.#end.hold()
  }

  thaw(): void {
    this.#end.release()
  }

  /** From now on the primary gets nothing from it, until the returned function is called. */
  unheard(): () => void {
    this.#primaryEnd.hold()
    return () => this.#primaryEnd.release()
  }

  /** Acts as SIGKILL does. */
  kill(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.topics.clear()
    for (const wire of this.#wires) wire.reset()
    this.#end.destroy()
    setImmediate(() => this.#resolveEnded('SIGKILL'))
  }

  #start(welcome: WorkerWelcome): void {
    const { random, logs } = this.#options
    const context = openContext({
      link: this.#link,
      welcome,
      clock: systemClock,
      random,
      logs,
      metrics: createMetrics(`worker-${welcome.worker}`, NO_LOOP_DELAY),
      traces: { tracer: undefined },
    })
    const realTime = createRealTime(context, {
      publish: (topic, frame, isBinary) => {
        for (const socket of this.topics.get(topic) ?? []) socket.sendBuilt(frame, isBinary)
      },
      publishPatch: (topic, frame, isBinary) => {
        for (const socket of this.topics.get(topic) ?? []) socket.sendBuilt(frame, isBinary)
      },
    })
    const sweeper = startSweeper(context, realTime)
    this.#started = {
      context,
      realTime,
      sweeper,
      httpRates: { takenElsewhere: () => {} },
      relay: { received: () => {}, workerGone: () => {} },
      collectGarbage: () => {},
      drain: (options) => this.#drain(options),
    }
    this.#isListening = true
    this.#link.tell('listening', { port: welcome.port })
  }

  async #drain({ withinMs, graceMs }: WorkerMethods['drain']['args']): Promise<null> {
    this.#isListening = graceMs === 0
    await drainParts(this.parts, { httpConnections: () => 0, graceMs, withinMs })
    return null
  }
}
