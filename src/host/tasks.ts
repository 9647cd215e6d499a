import { toError } from '../base/assert.ts'
import type { Json, JsonArgs } from '../games/definition.ts'
import type { Game } from '../games/define.ts'
import type { Entry } from '../games/entries.ts'
import { checkValue } from '../games/sync/shape.ts'
import { t } from '../games/types.ts'

/** A task that was started and has not ended. */
export interface TaskUnderWay {
  readonly run: number
  readonly task: string
  readonly args: JsonArgs
}

/** How many tasks one room may run at a time. More must be a mistake, such as a loop. */
const TASKS_MAX = 32
const ERROR_LENGTH_MAX = 1024
const JSON_TYPE = t.json<Json>()

/** Runs the tasks of a game, which take time and run outside of the room. Their results enter the room as entries. */
export class Tasks {
  readonly #game: Game
  readonly #enter: (entry: Entry) => void
  readonly #abort = new AbortController()
  readonly #underWay = new Map<number, TaskUnderWay>()

  /** @param enter is never called before `start` has returned, nor after `stop` */
  constructor(game: Game, enter: (entry: Entry) => void) {
    this.#game = game
    this.#enter = enter
  }

  /** The tasks that run, for a checkpoint. The next host starts them again. */
  get underWay(): readonly TaskUnderWay[] {
    return [...this.#underWay.values()]
  }

  start(task: TaskUnderWay): void {
    const isFull = this.#underWay.size >= TASKS_MAX
    this.#underWay.set(task.run, task)
    void this.#run(task, isFull)
  }

  /** Call this when the room is over. */
  stop(): void {
    this.#abort.abort()
    this.#underWay.clear()
  }

  async #run({ run, task, args }: TaskUnderWay, isFull: boolean): Promise<void> {
    const entry = await this.#resultOf(run, task, args, isFull)
    if (this.#underWay.delete(run)) this.#enter(entry)
  }

  async #resultOf(run: number, task: string, args: JsonArgs, isFull: boolean): Promise<Entry> {
    try {
      // The task begins after the tick that started it.
      await Promise.resolve()
      if (isFull) throw new Error(`more than ${TASKS_MAX} tasks at a time`)
      const value = await this.#game.rules.tasks[task]?.(args, { signal: this.#abort.signal })
      return { kind: 'result', task, run, value: checkValue(JSON_TYPE, value) }
    } catch (thrown) {
      return { kind: 'failedTask', task, run, error: toError(thrown).message.slice(0, ERROR_LENGTH_MAX) }
    }
  }
}
