import { type Case } from '../case.ts'
import { expectEqual, expectThat } from '../expect.ts'
import { expectRefused, type HttpAnswer } from '../http.ts'
import type { Lab } from '../lab.ts'

/** The preflight request of a browser for a page's request with a token. */
function askFirst(lab: Lab, path: string, { origin, wanted }: { origin: string; wanted: string }): Promise<HttpAnswer> {
  const headers = {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-headers': wanted,
  }
  return lab.http({ method: 'OPTIONS', path, headers })
}

function preflightCase(id: string, pathIn: (prefix: string) => string): Case {
  return {
    id: `page.preflight.${id}`,
    section: 1,
    checks: `a page of the server's own origin may send its request (${id})`,
    run: async (lab) => {
      const { origin } = lab.target.url
      const path = pathIn(lab.target.prefix)
      const { status, headers } = await askFirst(lab, path, { origin, wanted: 'authorization, x-conformance' })
      expectEqual(status, 204, 'the status')
      expectEqual(headers['access-control-allow-origin'], origin, 'Access-Control-Allow-Origin')
      const allowed = (headers['access-control-allow-headers'] ?? '').toLowerCase().split(/ *, */)
      for (const name of ['authorization', 'x-conformance']) expectThat(allowed.includes(name), name, allowed)
      expectThat(/\borigin\b/i.test(headers['vary'] ?? ''), 'Vary: Origin', headers['vary'])
    },
  }
}

const POLLING = 'EIO=4&transport=polling'
const PREFLIGHTS: readonly Case[] = [
  preflightCase('private', (prefix) => `${prefix}/private`),
  preflightCase('public', (prefix) => `${prefix}/public`),
  preflightCase('socket-io', (prefix) => `${prefix}/public/?${POLLING}`),
  preflightCase('goods', () => '/api/v1/goods'),
  preflightCase('receipt-key', () => '/api/v1/receipt-key'),
  {
    id: 'page.preflight.foreign',
    section: 1,
    checks: 'a page of an origin that is not allowed may not send it',
    run: async (lab) => {
      for (const path of [`${lab.target.prefix}/private`, '/api/v1/goods']) {
        const { headers } = await askFirst(lab, path, {
          origin: 'https://conformance.invalid',
          wanted: 'authorization',
        })
        expectEqual(headers['access-control-allow-origin'], undefined, 'Access-Control-Allow-Origin')
      }
    },
  },
]

/** OPEN of Engine.IO 4. */
const OPEN = /^0\{"sid":/

const HEADS: readonly Case[] = [
  {
    id: 'handshake.cookies',
    section: 1,
    checks: 'an upgrade with 8 KiB of cookies is accepted',
    run: async (lab) => {
      const { status } = await lab.upgrade('/public', { cookie: 'x'.repeat(8192) })
      expectEqual(status, 101, 'the status')
    },
  },
]

const SOCKET_IO: readonly Case[] = ['/public/', '/public'].flatMap((path): readonly Case[] => {
  const id = path.endsWith('/') ? 'slash' : 'no-slash'
  return [
    {
      id: `socket-io.polling.${id}`,
      section: 9,
      checks: `a poll of ${path}?EIO=4 opens a session of Engine.IO`,
      run: async (lab) => {
        const { status, body } = await lab.http({ path: `${lab.target.prefix}${path}?${POLLING}` })
        expectEqual(status, 200, 'the status')
        expectThat(OPEN.test(body), 'the packet OPEN', body.slice(0, 80))
      },
    },
    {
      id: `socket-io.websocket.${id}`,
      section: 9,
      checks: `an upgrade of ${path}?EIO=4 gets Engine.IO, and another version is refused`,
      run: async (lab) => {
        expectEqual((await lab.upgrade(`${path}?EIO=4&transport=websocket`)).status, 101, 'the status')
        expectRefused(await lab.upgrade(`${path}?EIO=abc&transport=websocket`), 400)
      },
    },
  ]
})

export const PAGE_CASES: readonly Case[] = [...HEADS, ...PREFLIGHTS, ...SOCKET_IO]
