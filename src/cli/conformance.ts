import { toError } from '../base/assert.ts'
import { findSecret, loadSettings, parseNumber, parseUrl, print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import type { Case } from '../conformance/case.ts'
import { askHttp } from '../conformance/http.ts'
import type { Target } from '../conformance/lab.ts'
import { runCases, type CaseResult } from '../conformance/run.ts'
import { CASES } from '../conformance/table.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

const REACH_MS_MAX = 5000

export const command = defineCommand({
  usage: [
    'conformance URL [--prefix PATH] [--token-secret SECRET] [--admin-token TOKEN] [--only PATTERN] [--patience 300] [--json]',
  ],
  about: ['checks any server against the protocol; exit code 1: a case failed, 69: the server cannot be reached'],
  options: {
    prefix: { type: 'string' },
    'token-secret': { type: 'string' },
    'admin-token': { type: 'string' },
    only: { type: 'string' },
    patience: { type: 'string', default: '300' },
    json: { type: 'boolean' },
  },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [text, ...more] = positionals
    if (text === undefined || more.length > 0) throw new UsageError('conformance takes one URL: http://host:port')
    const url = parseUrl(text)
    const cases = chooseCases(values.only)
    const { settings } = loadSettings()
    const { AUTH_JWT_SECRET, ADMIN_TOKEN, AUTH_ISSUER, AUTH_AUDIENCE } = settings
    const target: Target = {
      url,
      prefix: values.prefix ?? settings.API_PATH_PREFIX,
      secret: values['token-secret'] ?? AUTH_JWT_SECRET ?? findSecret(settings, 'jwt'),
      issuer: AUTH_ISSUER,
      audience: AUTH_AUDIENCE,
      adminToken: values['admin-token'] ?? ADMIN_TOKEN ?? findSecret(settings, 'admin'),
      patienceMs: parseNumber('--patience', values.patience, 10),
    }
    await askHttp(url, { path: '/' }, REACH_MS_MAX).catch((error: unknown) => {
      throw new StartError(EXIT.unavailable, `${url.origin}: ${toError(error).message}`, error)
    })
    const isJson = values.json === true
    const results = await runCases(cases, target, isJson ? undefined : createPrinter())
    const counts = countOf(results)
    print(isJson ? `${JSON.stringify({ url: url.origin, ...counts, cases: results }, null, 2)}\n` : describe(counts))
    if (counts.failed > 0) process.exitCode = EXIT.problems
  },
})

function chooseCases(only: string | undefined): readonly Case[] {
  if (only === undefined) return CASES
  const chosen = CASES.filter(({ id }) => toPattern(only).test(id))
  if (chosen.length === 0) throw new UsageError(`no case has an id that matches ${only}`)
  return chosen
}

function toPattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new UsageError(`--only: ${toError(error).message}`)
  }
}

/** Prints a line for each case, and a line before each group. */
function createPrinter(): (result: CaseResult) => void {
  let group = ''
  return ({ id, section, checks, outcome, detail }) => {
    const [its = ''] = id.split('.')
    if (its !== group) print(`${group === '' ? '' : '\n'}${its}\n`)
    group = its
    const word = outcome === 'failed' ? 'FAILED' : outcome
    const line = `  ${word.padEnd(8)}${id}: ${checks} (section ${section})`
    print(detail === undefined ? `${line}\n` : `${line}\n          ${detail}\n`)
  }
}

interface Counts {
  readonly ok: number
  readonly failed: number
  readonly skipped: number
}

function countOf(results: readonly CaseResult[]): Counts {
  const count = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  return { ok: count('ok'), failed: count('failed'), skipped: count('skipped') }
}

function describe({ ok, failed, skipped }: Counts): string {
  return `\n${ok + failed + skipped} cases: ${ok} ok, ${failed} failed, ${skipped} skipped\n`
}
