/** Ids of Socket.IO sessions: one that somebody made up goes nowhere, and each request counts for its address. */
import t from 'tap'
import { createSessionIds } from '../../../src/transport/socket-io/session-ids.ts'
import { startServer } from '../../helpers/server.ts'

const secret = new Uint8Array(32).fill(7)
const idsOf = (worker: number, key = secret) =>
  createSessionIds({ worker, newToken: () => 'a-token_of-22-chars-abc', secret: key })

t.test('any worker knows whose session an id is of, and that one was made up', async (t) => {
  const id = idsOf(12).make()
  t.equal(idsOf(1).workerOf(id), 12)
  t.equal(idsOf(1, new Uint8Array(32)).workerOf(id), undefined, 'of another secret')
  for (let i = 0; i < id.length; i++) {
    const other = `${id.slice(0, i)}${id[i] === 'A' ? 'Q' : 'A'}${id.slice(i + 1)}`
    t.equal(idsOf(1).workerOf(other), undefined, other)
  }
  const [worker = '', token = '', mac = ''] = id.split('.')
  for (const wrong of [
    '',
    worker,
    `${worker}.${token}`,
    `${worker}.${token}.`,
    `3.${token}.${mac}`,
    `${id}A`,
    ` ${id}`,
  ]) {
    t.equal(idsOf(1).workerOf(wrong), undefined, wrong)
  }
})

t.test('requests with a made-up id, and with a good one, take from the bucket of their address', async (t) => {
  const server = await startServer(t, { WORKERS: '2', HTTP_RATE_PER_ADDRESS: '1', TRUSTED_PROXIES: '127.0.0.1' })
  const url = `${server.url}/core/game/v1/real-time/public/?EIO=4&transport=polling`
  const ask = (address: string, sid?: string) => {
    const headers = { 'x-forwarded-for': address }
    const body = 'x'.repeat(1000)
    return fetch(sid === undefined ? url : `${url}&sid=${sid}`, {
      headers,
      ...(sid === undefined ? {} : { method: 'POST', body }),
    })
  }
  const madeUp = await ask('203.0.113.5', `2.${'a'.repeat(22)}.${'a'.repeat(22)}`)
  t.equal(madeUp.status, 400)
  t.match(await madeUp.json(), { code: 1, message: 'Session ID unknown' })
  const opened = await (await ask('203.0.113.6')).text()
  const [, sid] = /"sid":"([^"]+)"/.exec(opened) ?? []
  t.match(sid, /^\d+\.[\w-]{22}\.[\w-]{22}$/)
  for (const [address, id] of [
    ['203.0.113.5', '1.made.up'],
    ['203.0.113.6', sid],
  ] as const) {
    // Each of the two workers has a burst of 4.
    const statuses = (await Promise.all(Array.from({ length: 40 }, () => ask(address, id)))).map(({ status }) => status)
    t.ok(statuses.includes(429), `${address}: ${statuses.join(' ')}`)
  }
})
