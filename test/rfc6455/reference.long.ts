/**
 * What the table says that the RFC wants, held against another implementation: `ws`, which does nothing but RFC 6455. A case
 * that it plays otherwise stands below with the reason, or the table is wrong.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Packr, Unpackr } from 'msgpackr'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import { SUBPROTOCOL } from '../../src/protocol/events.ts'
import { wanted, type Case } from './case.ts'
import { HARD_BYTES, SOFT_BYTES } from './limits.ts'
import { inParallel } from './in-parallel.ts'
import { play } from './peer.ts'
import { CASES } from './table.ts'

/** Ids, or how they begin. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'length.not-minimal': 'it takes lengths in more bytes than they need, too',
  'length.empty-in': 'the same',
  'ping.hundred': 'it keeps 60 pongs for a client, and drops it for one more',
}
const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })
const BAD_REQUESTS_MAX = 5

t.test('ws does in each case what the table says that the RFC wants', async (t) => {
  const endpoint = { port: await startReference(t), path: '/', endsAfterClose: true, answersInOrder: true } as const
  const played = await inParallel(
    CASES.flatMap((it) =>
      (it.encodings ?? (['json'] as const)).map((encoding) => async () => {
        const came = await play(asWanted(it), encoding, endpoint).catch(String)
        return { it, title: `${it.id} (${encoding}): ${came}`, isAsWanted: wanted(it).includes(came) }
      }),
    ),
  )
  for (const { it, title, isAsWanted } of played) {
    const reason = Object.entries(OTHERWISE).find(([start]) => it.id.startsWith(start))?.[1]
    t.equal(
      isAsWanted,
      reason === undefined,
      `${title}; the RFC wants ${wanted(it).join(' or ')}${reason ? `, but ${reason}` : ''}`,
    )
  }
})

/** So that it is waited for that. */
function asWanted(it: Case): Case {
  const { does: _does, ...rest } = it
  return rest
}

/** Answers requests as Drumbeat does, as far as the cases ask for it. */
async function startReference(t: Test): Promise<number> {
  const http = createServer().listen(0, '127.0.0.1')
  const server = new WebSocketServer({ server: http, maxPayload: HARD_BYTES })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
    http.close()
  })
  server.on('connection', (socket) => {
    const isMsgpack = socket.protocol === SUBPROTOCOL.msgpack
    const reply = (value: object) => socket.send(isMsgpack ? packr.pack(value) : JSON.stringify(value))
    let bad = 0
    socket.on('error', () => {}) // what is wrong with a frame; it closes by itself
    reply({ eventType: 'core.game.session.ready' })
    socket.on('message', (bytes: Buffer, isBinary) => {
      if (socket.readyState !== socket.OPEN) return
      if (isBinary !== isMsgpack) socket.close(1003)
      else if (bytes.length > SOFT_BYTES) {
        reply({ error: { code: 'PAYLOAD_TOO_LARGE' } })
        socket.close(1009)
      } else {
        const id = readId(bytes, isMsgpack)
        reply(id === undefined ? { error: { code: 'BAD_REQUEST' } } : { replyTo: id })
        if (id === undefined && ++bad === BAD_REQUESTS_MAX) socket.close(4500)
      }
    })
  })
  await once(http, 'listening')
  return (http.address() as AddressInfo).port
}

function readId(bytes: Buffer, isMsgpack: boolean): string | undefined {
  try {
    const value = (isMsgpack ? unpackr.unpack(bytes) : JSON.parse(bytes.toString())) as { id?: string } | null
    return value?.id
  } catch {
    return undefined // no request
  }
}
