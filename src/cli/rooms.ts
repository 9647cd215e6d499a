import { parseNumber, print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { askServer } from './request.ts'

export const command = defineCommand({
  usage: ['rooms move ROOM [--host ID] [--url URL] [--token ADMIN_TOKEN]'],
  about: ['moves a room with a game to another host process of its node; its players stay in it'],
  options: { host: { type: 'string' }, url: { type: 'string' }, token: { type: 'string' } },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [action, room, ...more] = positionals
    if (action !== 'move' || room === undefined || more.length > 0)
      throw new UsageError('usage: drumbeat rooms move ROOM')
    const body = values.host === undefined ? {} : { host: parseNumber('--host', values.host, 1) }
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/move`
    const { host, tick } = await askServer<MovedRoom>(path, values, body)
    print(`${room} runs in host ${host} since tick ${tick}\n`)
  },
})

interface MovedRoom {
  readonly host: number
  readonly tick: number
}
