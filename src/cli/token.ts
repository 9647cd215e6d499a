import { durationMs } from '../config/kinds.ts'
import { standardError } from '../base/line-output.ts'
import { hasSignIn, signInUrl } from '../config/development.ts'
import type { Config } from '../config/load.ts'
import { findSecret, loadSettings, print, tokenFor, urlOf, UsageError } from './args.ts'
import { defineCommand } from './command.ts'

export const command = defineCommand({
  usage: ['token SUB [--ttl 1h]'],
  about: [
    'prints a token for the player SUB, signed with the configured secret, or with the development secret in DATA_DIR',
  ],
  options: { ttl: { type: 'string' } },
  takesNames: true,
  run: ({ values, positionals }) => {
    const [sub, ...more] = positionals
    if (sub === undefined || more.length > 0) throw new UsageError('token takes one name: drumbeat token SUB')
    const ttlMs = values.ttl === undefined ? undefined : parseTtl(values.ttl)
    const { settings } = loadSettings()
    print(`${tokenFor(sub, settings, ttlMs)}\n`)
    // A program that reads the token must get nothing else. A person is told what to do with it.
    if (process.stdout.isTTY) standardError().write(hints(sub, settings))
  },
})

/** Returns what a person can do with a token of the player. */
export function hints(sub: string, settings: Config['settings']): string {
  const adminToken = hasSignIn(settings) ? findSecret(settings, 'admin') : undefined
  const lines = [
    `  With it you are the player ${sub}, in the playground of the console (${urlOf(settings)}/#/playground), or in a shell:`,
    `  TOKEN=$(npx drumbeat token ${sub}) node chat.mjs`,
  ]
  if (adminToken !== undefined)
    lines.push(
      `  In the console you can also sign in with one click, under any name: ${signInUrl(urlOf(settings), adminToken)}`,
    )
  return `\n${lines.join('\n')}\n`
}

function parseTtl(text: string): number {
  const ttlMs = durationMs(text)
  if (!(ttlMs > 0)) throw new UsageError('--ttl must be a duration such as 90s, 30m or 12h')
  return ttlMs
}
