import type { Case } from '../case.ts'
import { expectEqual, expectThat } from '../expect.ts'
import { errorOf, expectErrorShape, type HttpAnswer } from '../http.ts'
import type { Lab } from '../lab.ts'

/** A host name that no server has (RFC 2606). */
const FOREIGN = 'conformance.invalid'
const MISDIRECTED = 421

/** The different kinds of requests, by name. */
const WAYS: Readonly<Record<string, (lab: Lab, host: string) => Promise<HttpAnswer>>> = {
  'a socket of a guest': (lab, host) => lab.upgrade('/public', { host }),
  'a socket of a player': (lab, host) => lab.upgrade('/private', { host }),
  'the path of a socket': (lab, host) => lab.http({ path: `${lab.target.prefix}/public`, headers: { host } }),
  'a poll of Socket.IO': (lab, host) =>
    lab.http({ path: `${lab.target.prefix}/public/?EIO=4&transport=polling`, headers: { host } }),
  'the goods': (lab, host) => lab.http({ path: '/api/v1/goods', headers: { host } }),
  'the configuration': (lab, host) => lab.http({ path: '/api/v1/config', headers: { host } }),
  'the health': (lab, host) => lab.http({ path: '/health', headers: { host } }),
  'the console': (lab, host) => lab.http({ path: '/', headers: { host } }),
  'an unknown path': (lab, host) => lab.http({ path: '/conformance', headers: { host } }),
}

export const HOST_CASES: readonly Case[] = [
  {
    id: 'host.foreign',
    section: 1,
    checks: 'with a foreign host name all requests are refused with 421, or none is, as the server is configured',
    run: async (lab) => {
      const statuses: string[] = []
      let refused = 0
      for (const [what, ask] of Object.entries(WAYS)) {
        const answer = await ask(lab, FOREIGN)
        statuses.push(`${what}: ${answer.status}`)
        if (answer.status !== MISDIRECTED) continue
        refused++
        const error = errorOf(answer)
        expectErrorShape(error)
        expectEqual(error['code'], 'FORBIDDEN', `the code, for ${what}`)
      }
      const isOneThing = refused === 0 || refused === statuses.length
      expectThat(isOneThing, '421 for all of them, or for none', statuses.join(', '))
    },
  },
  {
    id: 'host.own',
    section: 1,
    checks: "the server's own host name works in upper and lower case, and with any port",
    run: async (lab) => {
      const { hostname } = lab.target.url
      for (const host of [hostname, hostname.toUpperCase(), `${hostname}:1`]) {
        expectEqual((await lab.upgrade('/public', { host })).status, 101, `the status for ${host}`)
      }
    },
  },
]
