import type { Link, Methods } from '../link/link.ts'

/** A process of this node, and this end of the link to it. */
export interface LinkedProcess<Own extends Methods, Other extends Methods> {
  /** Unique over all processes of its kind since the node was started. */
  readonly id: number
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined
  readonly link: Link<Own, Other>
}

/**
 * The links to all processes of one kind: workers or hosts. It is created before everything that sends to them. The supervisor
 * adds a process when it starts and removes it when it has ended.
 */
export class Links<Own extends Methods, Other extends Methods> {
  readonly #processes = new Map<number, LinkedProcess<Own, Other>>()
  readonly #listening = new Set<number>()

  add(process: LinkedProcess<Own, Other>): void {
    this.#processes.set(process.id, process)
  }

  remove(id: number): void {
    this.#processes.delete(id)
    this.#listening.delete(id)
  }

  /** Marks a process as one that takes new work, or no longer does. */
  setListening(id: number, isListening: boolean): void {
    if (isListening && this.#processes.has(id)) this.#listening.add(id)
    else this.#listening.delete(id)
  }

  /** The processes that take new work. */
  get listening(): readonly LinkedProcess<Own, Other>[] {
    return [...this.#processes.values()].filter(({ id }) => this.#listening.has(id))
  }

  get pids(): readonly number[] {
    return [...this.#processes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** Returns undefined if the process has ended. */
  linkOf(id: number): Link<Own, Other> | undefined {
    return this.#processes.get(id)?.link
  }

  /** Does nothing if the process has ended. */
  tell<Name extends keyof Other & string>(id: number, method: Name, args: Other[Name]['args']): void {
    this.linkOf(id)?.tell(method, args)
  }

  tellAll<Name extends keyof Other & string>(method: Name, args: Other[Name]['args']): void {
    for (const { link } of this.#processes.values()) link.tell(method, args)
  }
}
