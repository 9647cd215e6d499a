import type { Test } from 'tap'

/** `npm run prove` sets this: the run is a proof. */
const IS_PROOF = process.env['PROVE'] === '1'

type Judge = Pick<Test, 'ok' | 'comment'>

/**
 * Checks a promise of time or memory, which depends on the machine as much as on the server. A proof fails if it is not kept; a
 * test only reports it. So one file can be both.
 */
export function promised(t: Judge, isKept: boolean, what: string): void {
  if (IS_PROOF) t.ok(isKept, what)
  else t.comment(what)
}

/** Checks that something took less than `msMax`. */
export function promisedMs(t: Judge, tookMs: number, msMax: number, what = 'it took'): void {
  promised(t, tookMs < msMax, `${what}: ${Math.round(tookMs)} ms, of ${msMax} ms`)
}
