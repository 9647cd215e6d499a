import type { Log } from './log.ts'

/**
 * Node calls the function experimental that strips types from the files for browsers (`http/browser-files.ts`). We pin the
 * version of Node.
 */
const KNOWN = 'stripTypeScriptTypes is an experimental feature'
/**
 * A game may be in a folder whose package.json has no `type`. Then Node warns each time it loads the game, because it had to find
 * out itself that the file is a module.
 */
const UNTYPED_FOLDER = 'MODULE_TYPELESS_PACKAGE_JSON'

/**
 * From now on Node's warnings are lines of the log and not text on standard error, except for two that are known and harmless. So
 * an operator of a healthy server finds nothing else in its log.
 */
export function logNodeWarnings(log: Pick<Log, 'warn'>): void {
  process.removeAllListeners('warning') // Node's own listener, which prints them
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (warning.message.startsWith(KNOWN) || warning.code === UNTYPED_FOLDER) return
    log.warn({ warning: warning.code ?? warning.name }, warning.message)
  })
}
