import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../base/log.ts'
import { toError } from '../base/assert.ts'
import { ConfigError, type Config } from '../config/load.ts'
import { SETTINGS, type SettingName } from '../config/settings.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RollOptions, Supervision } from '../processes/supervisor.ts'

export interface ReloadOptions {
  /** The configuration with which the node was started. */
  readonly config: Config
  /** Reads environment and file again. Throws ConfigError. */
  readonly readConfig: () => Config
  readonly hosts: Pick<Supervision, 'roll'>
  readonly workers: Pick<Supervision, 'roll'>
  readonly log: Log
}

/** What a reload changes. The fields are names of settings. */
export interface ReloadPlan {
  /** Settings that have changed and take effect with the new workers. */
  readonly changed: readonly SettingName[]
  /** Settings that have changed but take effect only when the node is started again. */
  readonly at_next_start: readonly SettingName[]
}

/** The share of SHUTDOWN_TIMEOUT in which clients may move to another worker by themselves. */
const GRACE_SHARE = 1 / 3

/** Reads the configuration again and replaces hosts and workers one by one. A new process is ready before the old one drains. */
export class Reload {
  readonly #options: ReloadOptions
  #config: Config
  #rolling: Promise<void> | undefined

  constructor(options: ReloadOptions) {
    this.#options = options
    this.#config = options.config
  }

  /** The configuration for workers and hosts that start now. */
  get config(): Config {
    return this.#config
  }

  /**
   * Begins a reload. The log says when it is done. If a new process does not start, the reload ends, and the processes that it
   * has not replaced continue.
   * @throws CONFLICT while a reload is in progress, BAD_REQUEST with all mistakes of the configuration. Nothing changes then.
   */
  start(): ReloadPlan {
    if (this.#rolling) throw new Refusal('CONFLICT', 'a reload is in progress')
    const before = this.#config
    const read = this.#read()
    const different = (Object.keys(read.settings) as SettingName[]).filter(
      (name) => !isDeepStrictEqual(read.settings[name], before.settings[name]),
    )
    const plan = {
      changed: different.filter((name) => SETTINGS[name].takenBy === 'workers'),
      at_next_start: different.filter((name) => SETTINGS[name].takenBy === 'node'),
    }
    this.#config = take(plan.changed, read, before)
    this.#rolling = this.#roll(plan, before)
    return plan
  }

  /** Calls `start` and resolves at the end of the reload. Rejects with what `start` throws. */
  async run(): Promise<void> {
    this.start()
    await this.#rolling
  }

  get isUnderWay(): boolean {
    return this.#rolling !== undefined
  }

  /**
   * Replaces only the hosts, which load the games again. Settings stay as they are. Waits for a reload that is in progress.
   * Resolves to undefined if it succeeds, or to the reason if it does not.
   */
  async games(check?: RollOptions['check']): Promise<Error | undefined> {
    while (this.#rolling) await this.#rolling
    const { hosts } = this.#options
    let why: Error | undefined
    this.#rolling = hosts
      .roll({ ...this.#times(() => {}), ...(check && { check }) })
      .catch((error: unknown) => void (why = toError(error)))
      .finally(() => (this.#rolling = undefined))
    await this.#rolling
    return why
  }

  #times(onReplaced: () => void): RollOptions {
    const { SHUTDOWN_TIMEOUT: withinMs } = this.#config.settings
    return { withinMs, graceMs: withinMs * GRACE_SHARE, onReplaced }
  }

  #read(): Config {
    try {
      const config = this.#options.readConfig()
      for (const warning of config.warnings)
        this.#options.log.warn({ warning }, 'the configuration may contain a mistake')
      return config
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown
      const { mistakes } = thrown
      this.#options.log.error({ mistakes }, 'the configuration has mistakes; the old one stays in force')
      throw new Refusal('BAD_REQUEST', `the configuration is wrong: ${thrown.message}`, { mistakes })
    }
  }

  async #roll(plan: ReloadPlan, before: Config): Promise<void> {
    const { hosts, workers, log } = this.#options
    log.info(plan, 'replacing the workers, one by one')
    let replaced = 0
    const times = this.#times(() => void replaced++)
    try {
      await hosts.roll(times)
      await workers.roll(times)
      log.info('all workers were replaced')
    } catch (error) {
      // A worker that starts later gets the configuration of the newest workers.
      if (replaced === 0) this.#config = before
      log.error(
        { err: toError(error), replaced },
        'a new worker or host did not start, or could not take over; the old ones continue unchanged',
      )
    } finally {
      this.#rolling = undefined
    }
  }
}

function take(names: readonly SettingName[], from: Config, into: Config): Config {
  const pick = <Value>(values: Readonly<Record<SettingName, Value>>) =>
    Object.fromEntries(names.map((name) => [name, values[name]]))
  const kept = [...into.explicit].filter((name) => !names.includes(name))
  return {
    settings: { ...into.settings, ...pick<unknown>(from.settings) },
    explicit: new Set([...kept, ...names.filter((name) => from.explicit.has(name))]),
    sources: { ...into.sources, ...pick(from.sources) },
    warnings: from.warnings,
  }
}
