import type { Log } from '../../src/base/log.ts'

/** For what has to have a log, where nobody reads it. */
export const NO_LOG: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => NO_LOG }
