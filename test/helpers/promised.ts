import type { Test } from 'tap'

/** Whether this run is a proof: `npm run prove` says so. */
const IS_PROOF = process.env['PROVE'] === '1'

type Judge = Pick<Test, 'ok' | 'comment'>

/**
 * What is promised in time or memory, which is the machine's as much as the server's: a proof judges it, and a test only tells it.
 * So one file is both.
 */
export function promised(t: Judge, isKept: boolean, what: string): void {
  if (IS_PROOF) t.ok(isKept, what)
  else t.comment(what)
}

/** That something takes less than `msMax`. */
export function promisedMs(t: Judge, tookMs: number, msMax: number, what = 'it took'): void {
  promised(t, tookMs < msMax, `${what}: ${Math.round(tookMs)} ms, of ${msMax} ms`)
}
