import type { Test } from 'tap'
import type { Frame, Reply } from '../client.ts'
import type { HouseHost } from '../house/host.ts'
import type { HouseOptions } from '../house/house.ts'
import type { GameInfo } from '../../../src/link/methods/host.ts'
import { openHouse, type OpenHouse } from '../house/open-house.ts'
import type { PlainClient } from '../house/plain-client.ts'
import { ScriptedHost } from './scripted-host.ts'

export const GAME = {
  find: 'core.game.room.find',
  list: 'core.game.room.list',
  join: 'core.game.room.join',
  leave: 'core.game.room.leave',
  input: 'core.game.room.input',
  snapshot: 'core.game.room.snapshot',
  patch: 'core.game.room.patch',
  status: 'core.game.room.status',
  message: 'core.game.room.message',
} as const

/** A host of the house, and the scripted host that runs in it. */
export interface RunningHost {
  readonly host: HouseHost
  readonly script: ScriptedHost
}

export interface OpenGames extends OpenHouse {
  /** All that were ever started. */
  readonly scripts: readonly ScriptedHost[]
  /** Those that have not ended. */
  readonly running: () => readonly RunningHost[]
  readonly hostOf: (room: string) => RunningHost
  /** Joins a room of the game `counter`, or makes one. */
  readonly find: (client: PlainClient, more?: object) => Promise<string>
  readonly input: (client: PlainClient, room: string, name: string, input: unknown) => Promise<Reply>
}

export interface OpenGamesOptions extends HouseOptions {
  /** Called when a host was started. */
  readonly onScript?: (script: ScriptedHost) => void
  /** The games that a host has when it starts now. By default only `counter`. */
  readonly games?: () => readonly GameInfo[] | undefined
}

/** A house with hosts that run a scripted game: see `ScriptedHost`. */
export async function openGames(
  t: Test,
  { env = {}, onScript = () => {}, games = () => undefined, ...options }: OpenGamesOptions = {},
): Promise<OpenGames> {
  const scripts: ScriptedHost[] = []
  const startHost: HouseOptions['startHost'] = (stream, onClose) => {
    const script = new ScriptedHost(stream, onClose, games())
    scripts.push(script)
    onScript(script)
    return script
  }
  const opened = await openHouse(t, { ...options, startHost, env: { GAME_HOSTS: '2', ...env } })
  const { house } = opened
  const running = () =>
    house.hosts.flatMap((host, i) => {
      const script = scripts[i]
      return host.hasEnded || !script ? [] : [{ host, script }]
    })
  return {
    ...opened,
    scripts,
    running,
    hostOf: (room) => {
      const found = running().find(({ script }) => script.room(room))
      if (!found) throw new Error(`no host runs ${room}`)
      return found
    },
    find: async (client, more = {}) => {
      const { data, error } = await client.ask(GAME.find, { game: 'counter', ...more })
      if (!data) throw new Error(`not found: ${JSON.stringify(error)}`)
      return String(data['room_id'])
    },
    input: (client, room, name, input) => client.ask(GAME.input, { name, input }, { room }),
  }
}

/** The payloads of a client's events of this type. */
export function payloadsOf(client: PlainClient, eventType: string): readonly Frame['payload'][] {
  return client.events.filter((event) => event.eventType === eventType).map(({ payload }) => payload)
}
