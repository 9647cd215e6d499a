import type { Target } from '../../src/conformance/lab.ts'
import { startServer, type Owner, type TestServer } from '../helpers/server.ts'

export const SECRET = 'a secret of the conformance tests, of thirty-two bytes and more'
export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'drumbeat'

/** A server on which nothing has to be skipped: loopback counts as an address, too, so that its limits can be reached. */
export function startOurs(owner: Owner): Promise<TestServer> {
  return startServer(owner, {
    AUTH_JWT_SECRET: SECRET,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    CONNECT_RATE_PER_ADDRESS: '200',
  })
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
