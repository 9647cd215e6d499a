import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../base/log.ts'
import { toError } from '../base/assert.ts'
import { ConfigError, type Config } from '../config/load.ts'
import { SETTINGS, type SettingName } from '../config/settings.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RollOptions, Supervision } from '../processes/supervisor.ts'

export interface ReloadOptions {
  /** What the node was started with. */
  readonly config: Config
  /** Reads environment and file again. Throws ConfigError. */
  readonly readConfig: () => Config
  readonly hosts: Pick<Supervision, 'roll'>
  readonly workers: Pick<Supervision, 'roll'>
  readonly log: Log
}

/** What a reload does: names of settings. */
export interface ReloadPlan {
  /** In force in each worker that replaces an old one. */
  readonly changed: readonly SettingName[]
  /** Changed, too, but only a start of the node takes them. */
  readonly at_next_start: readonly SettingName[]
}

/** Of SHUTDOWN_TIMEOUT: how long clients may take to move to another worker by themselves. */
const GRACE_SHARE = 1 / 3

/** Reads the configuration again and replaces the workers one by one: the new one is ready before the old one drains. */
export class Reload {
  readonly #options: ReloadOptions
  #config: Config
  #rolling: Promise<void> | undefined

  constructor(options: ReloadOptions) {
    this.#options = options
    this.#config = options.config
  }

  /** For workers that start now. */
  get config(): Config {
    return this.#config
  }

  /**
   * Begins; the log says when it is done. A worker that does not come up ends it, and what there was goes on.
   * @throws CONFLICT while one is under way, BAD_REQUEST with all mistakes of the configuration: nothing was changed
   */
  start(): ReloadPlan {
    if (this.#rolling) throw new Refusal('CONFLICT', 'a reload is under way')
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

  /** `start`, and until the end of it. Rejects as that throws. */
  async run(): Promise<void> {
    this.start()
    await this.#rolling
  }

  /**
   * Replaces the hosts alone, which load the games anew, with the settings that are in force; behind a reload that is under way. Resolves to why that was
   * not done; to undefined if it was.
   */
  async games(): Promise<Error | undefined> {
    while (this.#rolling) await this.#rolling
    const { hosts } = this.#options
    let why: Error | undefined
    this.#rolling = hosts
      .roll(this.#times(() => {}))
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
        this.#options.log.warn({ warning }, 'the configuration may not be what was meant')
      return config
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown
      const { mistakes } = thrown
      this.#options.log.error({ mistakes }, 'the configuration is wrong: the one there was stays in force')
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
      // Whoever starts now has what the newest workers have.
      if (replaced === 0) this.#config = before
      log.error(
        { err: toError(error), replaced },
        'a new worker does not come up, or cannot take over: the old ones go on, as they were',
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
