import type { Log } from './log.ts'

/** What takes the types out of what browsers get (`http/browser-files.ts`) is experimental to Node, and pinned by us. */
const KNOWN = 'stripTypeScriptTypes is an experimental feature'
/** A game may be in a folder whose package.json names no type: Node finds out that it is a module, each time it is loaded. */
const UNTYPED_FOLDER = 'MODULE_TYPELESS_PACKAGE_JSON'

/**
 * From now on what Node warns of is a line of the log, and not text on standard error: whoever reads the log of a server that is well finds
 * nothing else.
 */
export function logNodeWarnings(log: Pick<Log, 'warn'>): void {
  process.removeAllListeners('warning') // Node's own, which prints them
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (warning.message.startsWith(KNOWN) || warning.code === UNTYPED_FOLDER) return
    log.warn({ warning: warning.code ?? warning.name }, warning.message)
  })
}
