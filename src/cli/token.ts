import { durationMs } from '../config/kinds.ts'
import { loadSettings, print, tokenFor, UsageError } from './args.ts'
import { defineCommand } from './command.ts'

export const command = defineCommand({
  usage: ['token SUB [--ttl 1h]'],
  about: [
    'prints a token for the player SUB, signed with the configured secret, or with that of the server in DATA_DIR',
  ],
  options: { ttl: { type: 'string' } },
  takesNames: true,
  run: ({ values, positionals }) => {
    const [sub, ...more] = positionals
    if (sub === undefined || more.length > 0) throw new UsageError('token takes one name: drumbeat token SUB')
    const ttlMs = values.ttl === undefined ? undefined : parseTtl(values.ttl)
    print(`${tokenFor(sub, loadSettings().settings, ttlMs)}\n`)
  },
})

function parseTtl(text: string): number {
  const ttlMs = durationMs(text)
  if (!(ttlMs > 0)) throw new UsageError('--ttl is a duration such as 90s, 30m, 12h')
  return ttlMs
}
