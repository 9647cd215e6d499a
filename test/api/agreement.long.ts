/** The schema says the same as the parser: each instance is judged by both. */
import t from 'tap'
import { COMMANDS } from '../../src/commands/table.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseRequest } from '../../src/protocol/envelope.ts'
import { decodeFrame } from '../../src/protocol/codec.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { QUERY_PARAMETERS } from '../../src/documents/schemas.ts'
import { commandSchema, type CommandName } from '../../src/protocol/shapes/commands.ts'
import { standardRoutes } from '../../src/worker/documents.ts'
import { schemasOf } from '../../src/worker/routes.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { candidatesOf, createValidators, instancesOf, isPlaceOf, resolve, type Components } from './schemas.ts'

const { settings } = loadConfig({ env: {} })
const SCHEMAS: Components = schemasOf(settings)
const VALUE_LIMITS = { depthMax: settings.MAX_JSON_DEPTH, keysMax: settings.MAX_JSON_KEYS }
const COMMAND_LIMITS = {
  roomsPerConnectionMax: settings.MAX_ROOMS_PER_CONNECTION,
  buyCountMax: settings.BUY_MAX_COUNT,
  workers: 1,
  guestsMessagePlayers: false,
}
const validators = createValidators(SCHEMAS)

/** The refusal's code and place; undefined: it is a request. */
function refusalOf(frame: object): { readonly code: string; readonly path: unknown } | undefined {
  try {
    const { value, refusal } = decodeFrame(Buffer.from(JSON.stringify(frame)), 'json', VALUE_LIMITS)
    if (refusal) throw refusal
    const request = parseRequest(value)
    COMMANDS.get(request.eventType)?.parse(request.payload, request, COMMAND_LIMITS)
    return undefined
  } catch (thrown) {
    if (thrown instanceof Refusal) return { code: thrown.code, path: thrown.details?.['path'] }
    throw thrown
  }
}

/** Counts what both said, so that a test of good ones only, or of bad ones only, fails. */
class Verdicts {
  #good = 0
  #bad = 0

  note(isGood: boolean): void {
    if (isGood) this.#good++
    else this.#bad++
  }

  get areBoth(): boolean {
    return this.#good > 0 && this.#bad > 0
  }
}

for (const name of Object.keys(EVENT) as CommandName[]) {
  t.test(`the payload of ${EVENT[name]}`, async (t) => {
    const schema = commandSchema(name, 'Payload')
    const validate = validators.of(schema)
    const verdicts = new Verdicts()
    for (const payload of instancesOf(SCHEMAS, schema)) {
      const refusal = refusalOf({ eventType: EVENT[name], room: 'arena', payload })
      const text = JSON.stringify(payload)
      const isGood = validate(payload)
      verdicts.note(isGood)
      if (isGood !== (refusal === undefined)) t.fail(`${text}: ${JSON.stringify(refusal ?? validate.errors)}`)
      if (isGood) continue
      if (!isPlaceOf(validate.errors ?? [], 'payload', refusal?.path))
        t.fail(`${text}: it is not ${String(refusal?.path)}`)
    }
    t.ok(verdicts.areBoth || name === 'sessionPing' || name === 'sessionRefresh', 'good ones and bad ones')
  })

  t.test(`the envelope of ${EVENT[name]}`, async (t) => {
    const schema = commandSchema(name, 'Request')
    const validate = validators.of(schema)
    const verdicts = new Verdicts()
    for (const frame of instancesOf(SCHEMAS, schema)) {
      const refusal = refusalOf(frame)
      const isGood = validate(frame)
      verdicts.note(isGood)
      const text = JSON.stringify(frame)
      if (isGood !== (refusal === undefined)) t.fail(`${text}: ${JSON.stringify(refusal ?? validate.errors)}`)
      if (isGood || refusal?.code === 'UNKNOWN_EVENT') continue
      if (!isPlaceOf(validate.errors ?? [], '', refusal?.path)) t.fail(`${text}: it is not ${String(refusal?.path)}`)
    }
    t.ok(verdicts.areBoth, 'good ones and bad ones')
  })
}

t.test('bodies and queries of REST', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  await server.admin('PUT', '/api/v1/goods/unlimited', { name: 'Air', price: 0, currency: 'gold' })
  // A server that was given its secrets signs nobody in with one click: see test/http/sign-in.test.ts.
  const routes = standardRoutes().filter(({ operation }) => operation.id !== 'signIn')
  for (const { method, path, operation, query = [] } of routes) {
    const { body } = operation
    if (body !== undefined) {
      await t.test(`${method} ${path}`, async (t) => {
        const validate = validators.of(body)
        const verdicts = new Verdicts()
        for (const [i, instance] of instancesOf(SCHEMAS, body).entries()) {
          const answer = await ask(server, { method, path: pathFor(path, instance, i), body: instance })
          const isGood = validate(instance)
          verdicts.note(isGood)
          const text = JSON.stringify(instance)
          // JSON Schema cannot compare two fields.
          if (answer.text.includes('must be later than sale_from')) continue
          if (isGood === (answer.code === 'BAD_REQUEST'))
            t.fail(`${text}: ${answer.text} ${JSON.stringify(validate.errors)}`)
          if (isGood) continue
          if (!isPlaceOf(validate.errors ?? [], '', answer.path)) t.fail(`${text}: it is not ${answer.text}`)
        }
        t.ok(verdicts.areBoth, 'good ones and bad ones')
      })
    }
    for (const name of query) {
      // JSON as text: what is in it no schema of a text says.
      if (name === 'where') continue
      await t.test(`${method} ${path}?${name}=`, async (t) => {
        const schema = resolve(SCHEMAS, { $ref: `#/components/schemas/${QUERY_PARAMETERS[name]?.schema ?? ''}` })
        const validate = validators.compile(schema)
        const verdicts = new Verdicts()
        const scalars = candidatesOf(SCHEMAS, schema).filter((value) => ['string', 'number'].includes(typeof value))
        for (const text of new Set(scalars.map(String))) {
          const value = schema['type'] === 'integer' && /^-?[\d.]+$/.test(text) ? Number(text) : text
          const asked = pathFor(path, {}, 0)
          const answer = await ask(server, { method, path: `${asked}?${name}=${encodeURIComponent(text)}` })
          verdicts.note(validate(value))
          // A cursor is opaque: one of the right letters may be none that this route gave, and only the store can tell.
          if (answer.text.includes('is not a cursor of this route')) continue
          t.equal(answer.code !== 'BAD_REQUEST', validate(value), `${text}: ${answer.text.slice(0, 200)}`)
          if (answer.code === 'BAD_REQUEST') t.equal(answer.path, name)
        }
        t.ok(verdicts.areBoth, 'good ones and bad ones')
      })
    }
  }
})

/** That nobody has. */
const CONNECTION = '01a1fe68-f248-7275-8ace-c4378f91f6dc'

/** A player of their own for each request, so that none is refused for what was done before. */
function pathFor(path: string, body: object, i: number): string {
  const { id } = body as { readonly id?: unknown }
  const good = path.endsWith('/restock') ? 'unlimited' : typeof id === 'string' ? encodeURIComponent(id) : 'sword'
  return path
    .replace('/goods/:id', `/goods/${good}`)
    .replace('/connections/:id', `/connections/${CONNECTION}`)
    .replace(':of', 'user')
    .replace(':id', `player-${i}`)
}

async function ask(server: TestServer, request: { method: string; path: string; body?: object }) {
  const response = await fetch(server.url + request.path, {
    method: request.method,
    headers: { authorization: `Bearer ${server.adminToken}` },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
  const text = await response.text()
  const { error } = JSON.parse(text) as { error?: { code: string; details?: { path?: string } } }
  return { code: error?.code, path: error?.details?.path, text }
}
