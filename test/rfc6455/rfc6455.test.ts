/** RFC 6455 as a table of cases, played on a real server: each must end as the table says. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Encoding } from '../../src/protocol/events.ts'
import { stayedUp } from '../bad-input/support.ts'
import { startServer } from '../helpers/server.ts'
import { expected, wanted, DEVIATIONS, type AnyCase } from './case.ts'
import { DOCUMENT, renderDocument } from './document.ts'
import { inParallel } from './in-parallel.ts'
import { HARD_BYTES, SOFT_BYTES } from './limits.ts'
import { play, shakeHands } from './peer.ts'
import { CASES, HANDSHAKES } from './table.ts'

const ALL: readonly AnyCase[] = [...CASES, ...HANDSHAKES]

interface Played {
  readonly title: string
  readonly came: string
  readonly expected: string
}

t.test('the server does in each case what the table says', async (t) => {
  const server = await startServer(t, {
    MAX_PAYLOAD_BYTES: `${SOFT_BYTES}`,
    MAX_PAYLOAD_BYTES_HARD: `${HARD_BYTES}`,
    RATE_MESSAGES: '100000',
    RATE_BYTES: '64MiB',
    // No pings of its own meanwhile.
    SOCKET_READ_TIMEOUT: '10m',
  })
  const endpoint = { port: server.port, path: '/core/game/v1/real-time/public' }
  const frames = CASES.flatMap((it) =>
    (it.encodings ?? (['json'] as const)).map((encoding: Encoding) => async (): Promise<Played> => {
      const came = await play(it, encoding, endpoint).catch(String)
      return { title: `${it.id} (${encoding}): ${it.name}`, came, expected: expected(it) }
    }),
  )
  const handshakes = HANDSHAKES.map((it) => async (): Promise<Played> => {
    const came = await shakeHands(it, endpoint).catch(String)
    return { title: `${it.id}: ${it.name}`, came, expected: expected(it) }
  })
  const played = await inParallel([...frames, ...handshakes])
  t.ok(played.length > 400, `${played.length} runs of ${ALL.length} cases`)
  for (const { title, came, expected } of played) t.equal(came, expected, title)
  await stayedUp(t, server)
})

t.test('the table names each case once, and what is not as the RFC wants it is a deviation', async (t) => {
  t.equal(new Set(ALL.map(({ id }) => id)).size, ALL.length)
  const named = new Set<string>()
  for (const it of ALL) {
    const isAsWanted = wanted(it).includes(expected(it))
    t.equal(it.deviation === undefined, isAsWanted, it.id)
    if (it.deviation) named.add(it.deviation)
  }
  t.strictSame([...named].sort(), Object.keys(DEVIATIONS).sort())
})

t.test('docs/reference/rfc6455.md is what the table says (`npm run docs` writes it)', async (t) => {
  t.equal(readFileSync(DOCUMENT, 'utf8'), renderDocument())
})
