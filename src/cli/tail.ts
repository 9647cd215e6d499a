import { loadSettings, print, urlOf, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { GameClient, type Encoding, type StatusChange, type TokenSource } from '../client/index.ts'

export const command = defineCommand({
  usage: ['tail [--url URL] [--token TOKEN] [--room ROOM]... [--encoding json|msgpack]'],
  about: ['connects and prints each event as a line of JSON'],
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    room: { type: 'string', multiple: true },
    encoding: { type: 'string' },
  },
  takesNames: false,
  run: async ({ values }) => {
    const { settings } = loadSettings()
    const { url = urlOf(settings), token, room = [], encoding = 'json' } = values
    if (encoding !== 'json' && encoding !== 'msgpack') throw new UsageError('--encoding must be json or msgpack')
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    await runTail({
      url,
      apiPathPrefix: settings.API_PATH_PREFIX,
      namespace: token === undefined ? 'public' : 'private',
      ...(token === undefined ? {} : { token }),
      rooms: room,
      encoding,
      signal: stop.signal,
      print: (line) => print(`${line}\n`),
    })
  },
})

export interface TailOptions {
  /** The URL of the server, as the client library takes it. */
  readonly url: string
  readonly apiPathPrefix?: string
  readonly namespace: string
  readonly token?: TokenSource
  readonly rooms: readonly string[]
  readonly encoding: Encoding
  /** Ends the tail when it aborts. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

/**
 * Prints a line of JSON for each event, and a line that starts with `#` for each change of the connection. Resolves when the
 * signal aborts. Rejects with a DrumbeatError if the server refuses this client, or refuses it a room.
 */
export async function runTail({ rooms, print, signal, ...options }: TailOptions): Promise<void> {
  const client = new GameClient(options)
  const { promise: closed, resolve } = Promise.withResolvers<StatusChange & { status: 'closed' }>()
  client.on('*', (event) => print(JSON.stringify(event)))
  client.on('gap', (gap) => print(`# events are missing here: ${gap.reason}`))
  client.on('error', (error) => print(`# ${error.code}: ${error.message}`))
  client.on('status', (change) => {
    print(`# ${describe(change)}`)
    if (change.status === 'closed') resolve(change)
  })
  const stop = () => client.close()
  signal.addEventListener('abort', stop)
  try {
    if (signal.aborted) return
    await client.connect()
    await Promise.all(rooms.map((room) => client.join(room)))
    const { error } = await closed
    if (error !== undefined) throw error
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    client.close()
  }
}

function describe(change: StatusChange): string {
  if (change.status === 'ready') {
    const { user_id: user, namespace, node, offset } = change.session
    return `ready: ${user} in ${namespace} on node ${node}, offset ${offset}`
  }
  if (change.status === 'reconnecting') {
    return `lost (${`${change.code} ${change.reason}`.trimEnd()}), connecting again in ${Math.round(change.retryInMs)} ms`
  }
  return change.status === 'closed' ? `closed: ${change.reason || change.code}` : change.status
}
