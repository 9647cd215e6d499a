import type { Handlers } from '../../link/link.ts'
import { PASSED_ON, type PassedOnMethods } from '../../link/methods/passed-on.ts'
import type { WorkerLinks } from '../../processes/workers.ts'

type Name = keyof PassedOnMethods

/**
 * The methods that the primary only passes on to the workers.
 * @param worker the worker that calls them
 */
export function passedOnMethods(workers: Pick<WorkerLinks, 'listening'>, worker: number): Handlers<PassedOnMethods> {
  const passOn = <N extends Name>(name: N) => {
    return (args: PassedOnMethods[N]['args'], reply: (result: PassedOnMethods[N]['result']) => void) => {
      for (const { id, link } of workers.listening) {
        if (id !== worker || PASSED_ON[name] === 'all') link.tell(name, args)
      }
      reply(null)
    }
  }
  const names = Object.keys(PASSED_ON) as Name[]
  return Object.fromEntries(names.map((name) => [name, passOn(name)])) as Handlers<PassedOnMethods>
}
