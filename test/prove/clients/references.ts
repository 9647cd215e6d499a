/**
 * The clients that others are held against, socket.io-client and `drumbeat/client`, as they are. The argument is a list of who plays; each
 * thing that happens to one is a line of JSON (`program.ts`). The authority is in NODE_EXTRA_CA_CERTS.
 */
import { io } from 'socket.io-client'
import { connect, EVENT } from '../../../src/client/index.ts'
import type { ClientSpec, Line } from './program.ts'

const TRANSPORTS = { websocket: ['websocket'], polling: ['polling'], both: ['polling', 'websocket'] }

interface SaidEvent {
  readonly room?: string
  readonly offset: number
  readonly payload: { readonly message?: unknown }
}

function tell(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function tellEvent(client: string, { offset, payload }: SaidEvent): void {
  const { n } = payload.message as { readonly n: number }
  tell({ client, is: 'event', n, offset, how: 'live' })
}

function playBySocketIo({ client, url, path, token, transport, room }: ClientSpec): void {
  const socket = io(url, { path, auth: { token }, transports: TRANSPORTS[transport], forceNew: true })
  let hasJoined = false
  socket.on('connect', () => {
    if (hasJoined && socket.recovered) tell({ client, is: 'back' })
    else if (hasJoined) tell({ client, is: 'fault', text: 'not recovered' })
    else void join()
  })
  const join = async () => {
    const reply = (await socket.emitWithAck('core.game.room.join', { room_id: room })) as { success: boolean }
    hasJoined = reply.success
    tell(reply.success ? { client, is: 'joined' } : { client, is: 'fault', text: JSON.stringify(reply) })
  }
  socket.on(EVENT.broadcast, (event: SaidEvent) => tellEvent(client, event))
  socket.on('error', (error: unknown) => tell({ client, is: 'error', text: JSON.stringify(error) }))
  socket.on('connect_error', (error) => tell({ client, is: 'refused', text: error.message }))
}

async function playByOurs({ client, url, path, token, encoding, room }: ClientSpec): Promise<void> {
  const base = path.slice(0, path.indexOf('/core/'))
  const game = await connect({
    url: url + base,
    namespace: 'private',
    token,
    encoding: encoding ?? 'json',
    connectTimeoutMs: 60_000,
  })
  game.on(EVENT.broadcast, (event) => tellEvent(client, event))
  game.on('status', ({ status }) => {
    if (status === 'draining' || status === 'reconnecting') tell({ client, is: 'back' })
    if (status === 'closed') tell({ client, is: 'fault', text: 'closed for good' })
  })
  await game.join(room)
  tell({ client, is: 'joined' })
}

for (const spec of JSON.parse(process.argv[2] ?? '[]') as readonly ClientSpec[]) {
  if (spec.library === 'socket.io-client') playBySocketIo(spec)
  else void playByOurs(spec)
}
// Its end is the end of the proof.
process.stdin.resume().on('end', () => process.exit(0))
