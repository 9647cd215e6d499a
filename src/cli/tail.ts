import { GameClient, type Encoding, type StatusChange, type TokenSource } from '../client/index.ts'

export interface TailOptions {
  /** As the SDK takes it. */
  readonly url: string
  readonly apiPathPrefix?: string
  readonly namespace: string
  readonly token?: TokenSource
  readonly rooms: readonly string[]
  readonly encoding: Encoding
  /** Ends it. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

/**
 * Prints one line of JSON for each event, and a line that starts with `#` for what happens to the connection. Resolves
 * when the signal aborts; rejects with a DrumbeatError when the server will not have this client, or not in a room.
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
    return `lost (${`${change.code} ${change.reason}`.trimEnd()}), again in ${Math.round(change.retryInMs)} ms`
  }
  return change.status === 'closed' ? `closed: ${change.reason || change.code}` : change.status
}
