import { print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { askServer } from './request.ts'

export const command = defineCommand({
  usage: ['games swap NAME [--url URL] [--token ADMIN_TOKEN]'],
  about: [
    'makes a running server load the file of a game again and run the new version in its rooms, under their players',
    'if the new version cannot go on with the rooms, the old one does, and the exit code is 1',
  ],
  options: { url: { type: 'string' }, token: { type: 'string' } },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [action, game, ...more] = positionals
    if (action !== 'swap' || game === undefined || more.length > 0) throw new UsageError('drumbeat games swap NAME')
    const path = `/api/v1/games/${encodeURIComponent(game)}/swap`
    print(describe(await askServer<Swapped>(path, values)))
  },
})

interface Swapped {
  readonly game: string
  readonly version_before: number
  readonly version: number
  readonly is_changed: boolean
  readonly rooms_swapped: number
}

function describe({ game, version_before: before, version, is_changed: isChanged, rooms_swapped: rooms }: Swapped) {
  const versions = before === version ? `is version ${version}, as before` : `was version ${before} and is ${version}`
  const files = isChanged ? '' : '; its files are the same as before'
  return `${game} ${versions}, in ${rooms} ${rooms === 1 ? 'room' : 'rooms'}${files}\n`
}
