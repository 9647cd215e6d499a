/**
 * HTTP clients that keep their connections: Node's agent, axios with it, and Node's fetch, which is undici. Each goes on with broadcasts,
 * credits and questions until its standard input ends, by each way; each thing that happened is a line of JSON (`program.ts`).
 */
import { Agent, request as requestByHttp, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestByHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import axios from 'axios'
import type { AgentsSpec, Line } from './program.ts'

interface Asked {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly text: string
}

type Ask = (url: string, asked: Asked) => Promise<Answer>

const PAUSE_MS = 30
const PAUSE_AFTER_FAILURE_MS = 200
/** Every so many broadcasts and credits are sent again, under the same key, as by a client that did not hear the answer. */
const AGAIN_EVERY = 5

const httpAgent = new Agent({ keepAlive: true })
const httpsAgent = new SecureAgent({ keepAlive: true })
const byAxios = axios.create({ httpAgent, httpsAgent, validateStatus: () => true, transformResponse: String })

const CLIENTS: Readonly<Record<string, Ask>> = {
  'http.Agent': async (url, { body, ...options }) => {
    const isSecure = url.startsWith('https:')
    const sent = isSecure
      ? requestByHttps(url, { ...options, agent: httpsAgent })
      : requestByHttp(url, { ...options, agent: httpAgent })
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve)
      sent.once('error', reject)
      sent.end(body)
    })
    return { status: response.statusCode ?? 0, text: await text(response) }
  },
  axios: async (url, { method, headers, body }) => {
    const { status, data } = await byAxios.request<string>({ url, method, headers, data: body })
    return { status, text: data }
  },
  'fetch (undici)': async (url, asked) => {
    const response = await fetch(url, asked)
    return { status: response.status, text: await response.text() }
  },
}

const spec = JSON.parse(process.argv[2] ?? '{}') as AgentsSpec
const headers = { authorization: `Bearer ${spec.adminToken}`, 'content-type': 'application/json' }
const said = new Map<string, number>()
const over = new AbortController()
let keys = 0

function tell(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** One request; a failure is told, and the same is sent again until it is answered, so that what is expected of the others is known. */
async function insist(client: string, ask: Ask, url: string, asked: Asked): Promise<string> {
  for (;;) {
    const failure = await ask(url, asked).then(
      (answer) => (answer.status === 200 ? answer : `${answer.status} ${answer.text}`),
      (error: unknown) => inspect(error),
    )
    tell({ client, is: 'asked' })
    if (typeof failure !== 'string') return failure.text
    tell({ client, is: 'failed', text: `${asked.method} ${url}: ${failure}` })
    await sleep(PAUSE_AFTER_FAILURE_MS)
  }
}

async function post(client: string, ask: Ask, url: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const key = `key-${++keys}-of-the-agents`
  const isTwice = keys % AGAIN_EVERY === 0
  const asked = { method: 'POST', headers, body: JSON.stringify({ ...body, idempotency_key: key }) } as const
  const first = await insist(client, ask, url, asked)
  const answer = isTwice ? await insist(client, ask, url, asked) : first
  return JSON.parse(answer) as Readonly<Record<string, unknown>>
}

async function broadcast(client: string, ask: Ask, base: string, room: string): Promise<void> {
  const n = (said.get(room) ?? 0) + 1
  said.set(room, n)
  const body = { namespace: 'private', room, message: { n } }
  const { offset } = await post(client, ask, `${base}/api/v1/broadcast`, body)
  tell({ client, is: 'said', room, n, offset: Number(offset) })
}

async function credit(client: string, ask: Ask, base: string, player: string): Promise<void> {
  await post(client, ask, `${base}/api/v1/players/${player}/credit`, { currency: 'gold', amount: 1 })
  tell({ client, is: 'credited', player })
}

async function goOn(client: string, ask: Ask, base: string): Promise<void> {
  for (let i = 0; !over.signal.aborted; i++) {
    for (const room of spec.rooms) await broadcast(client, ask, base, room)
    await credit(client, ask, base, spec.players[i % spec.players.length] ?? '')
    for (const path of ['/health', '/api/v1/goods'])
      await insist(client, ask, base + path, { method: 'GET', headers: {} })
    await sleep(PAUSE_MS)
  }
}

process.stdin.resume().on('end', () => over.abort())
const all = Object.entries(CLIENTS).flatMap(([kind, ask]) => {
  return Object.entries(spec.ways).map(([way, base]) => goOn(`${kind} ${way}`, ask, base))
})
await Promise.all(all)
httpAgent.destroy()
httpsAgent.destroy()
process.exit(0)
