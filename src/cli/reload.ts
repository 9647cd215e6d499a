import { adminTokenOf, adminUrlOf, loadSettings, print } from './args.ts'
import { defineCommand } from './command.ts'
import { requestAdmin } from './request.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

export const command = defineCommand({
  usage: ['reload [--url URL] [--token ADMIN_TOKEN]'],
  about: ['makes a running server read its configuration again and replace its hosts and workers, one by one'],
  options: { url: { type: 'string' }, token: { type: 'string' } },
  takesNames: false,
  run: async ({ values }) => {
    const { settings } = loadSettings()
    const { url = adminUrlOf(settings), token = adminTokenOf(settings) } = values
    for (const line of await askReload(url, token)) print(`${line}\n`)
  },
})

interface Answer {
  readonly changed?: readonly string[]
  readonly at_next_start?: readonly string[]
  readonly error?: { readonly code: string; readonly message: string }
}

/** Returns the lines to print. Throws StartError if the server cannot be reached, or refuses. */
async function askReload(url: string, adminToken: string): Promise<readonly string[]> {
  const response = await requestAdmin(url, '/api/v1/reload', adminToken, { method: 'POST' })
  const { changed = [], at_next_start = [], error } = (await response.json()) as Answer
  if (error) throw new StartError(error.code === 'BAD_REQUEST' ? EXIT.configuration : EXIT.problems, error.message)
  return [
    `The workers are being replaced, one by one. The log says when that is done.`,
    ...(changed.length > 0 ? [`These settings change with them: ${changed.join(', ')}`] : []),
    ...(at_next_start.length > 0
      ? [`These have changed, too, but take effect only at the next start: ${at_next_start.join(', ')}`]
      : []),
  ]
}
