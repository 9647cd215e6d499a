import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { COMMANDS } from '../../src/commands/table.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { renderDocuments, standardRoutes } from '../../src/worker/documents.ts'
import { startServer } from '../helpers/server.ts'

const DOCS = resolve(import.meta.dirname, '../../docs/reference')

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(DOCS, name), 'utf8')) as unknown
}

interface Openapi {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
}

interface Asyncapi {
  readonly channels: { readonly socket: { readonly address: string } }
  readonly operations: Readonly<Record<string, { readonly action: string; readonly description?: string }>>
  readonly components: {
    readonly schemas: { readonly BuyGoodPayload: { readonly properties: { readonly count: { maximum: number } } } }
  }
}

t.test('the files are what the code says (`npm run docs` writes them)', async (t) => {
  const rendered = renderDocuments()
  for (const [name, text] of rendered) t.equal(readFileSync(join(DOCS, name), 'utf8'), text, name)
  const schemas = readdirSync(join(DOCS, 'schemas')).map((name) => `schemas/${name}`)
  t.strictSame([...schemas, 'openapi.json', 'asyncapi.json'].sort(), [...rendered.keys()].sort(), 'and no others')
})

const BODILESS: ReadonlySet<string> = new Set(['/api/v1/reload', '/api/v1/games/:name/swap'])

t.test('OpenAPI 3.1 is valid, and has every route and nothing else', async (t) => {
  const result = await new Validator().validate(join(DOCS, 'openapi.json'))
  t.ok(result.valid, JSON.stringify(result.errors))
  const { paths } = read('openapi.json') as Openapi
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  const routes = standardRoutes()
  t.strictSame(described.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort())
  const ids = routes.map(({ operation }) => operation.id)
  t.equal(new Set(ids).size, ids.length, 'names are unique')
  for (const { method, path, operation } of routes) {
    const takesBody = (method === 'POST' || method === 'PUT') && !BODILESS.has(path)
    t.equal(operation.body !== undefined, takesBody, `${path} reads a body`)
    const params = path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : []))
    t.strictSame(Object.keys(operation.params ?? {}), params, `${path} names its parameters`)
  }
})

t.test('the paths of OpenAPI begin where the server is, below a path of a proxy, too', async (t) => {
  const { servers, paths } = read('openapi.json') as Openapi
  t.equal(servers.length, 1)
  const [path = ''] = Object.keys(paths).filter((path) => path.endsWith('/openapi.json'))
  for (const root of ['https://game.example', 'https://game.example/ops', 'https://game.example/a/b']) {
    // RFC 3986, then a path behind it without a second slash, as OpenAPI has it.
    const url = new URL(servers[0]?.url ?? '', root + path).href.replace(/\/$/, '')
    t.equal(url, root)
  }
})

t.test('AsyncAPI 3.0 is valid, and has every command and nothing else', async (t) => {
  const { document, diagnostics } = await new Parser().parse(readFileSync(join(DOCS, 'asyncapi.json'), 'utf8'))
  t.ok(document, JSON.stringify(diagnostics))
  const { operations } = read('asyncapi.json') as Asyncapi
  const received = Object.entries(operations).filter(([, { action }]) => action === 'receive')
  const names = Object.entries(EVENT).flatMap(([name, eventType]) => (COMMANDS.has(eventType) ? [name] : []))
  t.equal(names.length, COMMANDS.size)
  t.strictSame(received.map(([name]) => name).sort(), names.sort())
})

t.test('each schema is one of its own, too', async (t) => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false })
  const names = readdirSync(join(DOCS, 'schemas'))
  for (const name of names) ajv.addSchema(read(`schemas/${name}`) as object)
  for (const name of names) t.ok(ajv.getSchema(name), name)
})

t.test('a server serves its own: the files where nothing was configured, else what is in force', async (t) => {
  const standard = await startServer(t, { WORKERS: '1', GAME_HOSTS: '1', ADMIN_TOKEN: '', AUTH_JWT_SECRET: '' })
  for (const name of ['openapi.json', 'asyncapi.json']) {
    const response = await fetch(`${standard.url}/api/v1/${name}`)
    t.equal(response.status, 200)
    t.strictSame(await response.json(), read(name), name)
  }
  const other = await startServer(t, {
    WORKERS: '1',
    BUY_MAX_COUNT: '7',
    API_PATH_PREFIX: '/game',
    NAMESPACE_GUEST: 'visitors',
    GUEST_DENIED_EVENTS: EVENT.broadcast,
  })
  const asyncapi = (await (await fetch(`${other.url}/api/v1/asyncapi.json`)).json()) as Asyncapi
  t.equal(asyncapi.components.schemas.BuyGoodPayload.properties.count.maximum, 7)
  t.equal(asyncapi.channels.socket.address, '/game/{door}')
  t.match(asyncapi.operations['broadcast']?.description, 'may not be sent in the namespace guest')
  t.notMatch(asyncapi.operations['buyGood']?.description, 'may not be sent')
  t.match(JSON.stringify(asyncapi.components.schemas), '"enum":["private","visitors"]')
})
