import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { adminTokenOf, adminUrlOf, loadSettings, parseNumber, print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { requestAdmin } from './request.ts'

export const command = defineCommand({
  usage: ['rooms move ROOM [--host ID] [--url URL] [--token ADMIN_TOKEN]'],
  about: ['moves a room with a game to another host process of its node; its players stay in it'],
  options: { host: { type: 'string' }, url: { type: 'string' }, token: { type: 'string' } },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [action, room, ...more] = positionals
    if (action !== 'move' || room === undefined || more.length > 0)
      throw new UsageError('usage: drumbeat rooms move ROOM')
    const { settings } = loadSettings()
    const { url = adminUrlOf(settings), token = adminTokenOf(settings) } = values
    const body = values.host === undefined ? {} : { host: parseNumber('--host', values.host, 1) }
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/move`
    const response = await requestAdmin(url, path, token, { method: 'POST', body })
    const { host, tick, error } = (await response.json()) as Answer
    if (error) throw new StartError(EXIT.problems, error.message)
    print(`${room} runs in host ${host} since tick ${tick}\n`)
  },
})

interface Answer {
  readonly host?: number
  readonly tick?: number
  readonly error?: { readonly message: string }
}
