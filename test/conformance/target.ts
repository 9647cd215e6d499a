import { GAME } from '../../src/conformance/match.ts'
import type { Target } from '../../src/conformance/lab.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { openClient } from '../helpers/client.ts'
import { startServer, type Owner, type TestServer } from '../helpers/server.ts'

export const SECRET = 'a secret of the conformance tests, of thirty-two bytes and more'
export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'drumbeat'

const ENV = { AUTH_JWT_SECRET: SECRET, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE }

/** A server on which no case has to be skipped but those that `startLimited` is for. */
export function startOurs(owner: Owner, env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return startServer(owner, { ...ENV, GAME_HOSTS: '1', ...env })
}

/** A server whose limits are so low that the slowest machine reaches them. For `limit.messages` and `limit.retry-after` only. */
export function startLimited(owner: Owner): Promise<TestServer> {
  return startServer(owner, { ...ENV, CONNECT_RATE_PER_ADDRESS: '1', RATE_MESSAGES: '5', WORKERS: '1' })
}

/** Whether the server runs the game that the cases of games play. */
export async function runsGames(server: TestServer): Promise<boolean> {
  const guest = await openClient(server)
  const { success } = await guest.request(EVENT.roomList, { game: GAME })
  await guest.close()
  return success
}

export function targetOf(server: TestServer, over: Partial<Target> = {}): Target {
  return {
    url: new URL(server.url),
    prefix: '/core/game/v1/real-time',
    secret: SECRET,
    issuer: ISSUER,
    audience: AUDIENCE,
    adminToken: server.adminToken,
    patienceMs: 300,
    ...over,
  }
}
