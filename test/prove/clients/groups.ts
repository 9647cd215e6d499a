/** Who plays in the proof with foreign clients: which programs there are, and what each of them plays behind which proxy. */
import { fileURLToPath } from 'node:url'
import type { ProxyName } from '../../helpers/proxies.ts'
import type { TestServer } from '../../helpers/server.ts'
import type { ClientSpec } from './program.ts'

export const OPS = '/ops'
export const ROOMS = ['room-1', 'room-2']
export const PROXIES = ['nginx', 'haproxy'] as const satisfies ProxyName[]
const PATH = `${OPS}/core/game/v1/real-time/private`
const TRANSPORTS = ['websocket', 'polling', 'both'] as const
/** Debian's: another one in the PATH does not see its packages. */
const PYTHON = '/usr/bin/python3'

type Kind = Pick<ClientSpec, 'library' | 'transport' | 'encoding'>

/** A program, and what plays in it behind each proxy. */
export interface Group {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Succeeds where it can run. */
  readonly asked?: readonly [string, ...string[]]
  readonly kinds: readonly Kind[]
}

/** The path of a program in this folder. */
export const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export function groupsOf(ca: string): readonly Group[] {
  const byAll = (library: string) => TRANSPORTS.map((transport) => ({ library, transport }))
  const ours = (['json', 'msgpack'] as const).map((encoding) => {
    return { library: 'drumbeat/client', transport: 'websocket', encoding } as const
  })
  return [
    {
      name: 'python-socketio',
      command: [PYTHON, beside('python_socketio.py')],
      asked: [PYTHON, '-c', 'import socketio, aiohttp, requests, websocket'],
      kinds: [...byAll('asyncio'), ...byAll('threads')],
    },
    {
      name: 'Java',
      command: ['java', '-Xmx128m', beside('JavaClient.java'), ca],
      asked: ['java', '--version'],
      kinds: [{ library: 'Java', transport: 'websocket' }],
    },
    {
      name: 'references',
      command: [process.execPath, beside('references.ts')],
      kinds: [...byAll('socket.io-client'), ...ours],
    },
  ]
}

function nameOf({ name }: Group, { library, transport, encoding }: Kind): string {
  const about = encoding ?? (transport === 'both' ? 'polling, then websocket' : transport)
  return `${library}${name === 'python-socketio' ? ' of python-socketio' : ''}, ${about}`
}

/** Two of each kind behind each proxy, in rooms by turns. */
export function specsOf(
  group: Group,
  server: TestServer,
  urls: Readonly<Record<ProxyName, string>>,
): readonly ClientSpec[] {
  return group.kinds.flatMap((kind) => {
    return PROXIES.flatMap((proxy) => {
      return [1, 2].map((i) => {
        const client = `${nameOf(group, kind)} ${i} behind ${proxy}`
        return {
          ...kind,
          client,
          kind: nameOf(group, kind),
          url: urls[proxy],
          path: PATH,
          wsUrl: `${urls[proxy].replace('https', 'wss')}${PATH}`,
          token: server.mint(client.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 64)),
          room: ROOMS[i % ROOMS.length] ?? '',
          eventsUrl: `${urls[proxy]}${OPS}/api/v1/events`,
          adminToken: server.adminToken,
        }
      })
    })
  })
}
