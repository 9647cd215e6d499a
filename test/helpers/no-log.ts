import type { Log } from '../../src/base/log.ts'

/** For code that needs a log that nobody reads. */
export const NO_LOG: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => NO_LOG }
