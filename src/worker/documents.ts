import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemClock as clock } from '../base/clock.ts'
import { systemRandom as random } from '../base/random.ts'
import { loadConfig } from '../config/load.ts'
import type { Route } from '../http/router.ts'
import { SCHEMAS_AT } from '../protocol/shapes/build.ts'
import { createRoutes, describeServer, schemasOf } from './routes.ts'

/** These routes are only described, so the primary is never asked. */
const NOBODY = { ask: () => Promise.reject(new Error('this process only describes routes')) }

/** These routes are only described, so nobody signs in. */
const NO_SIGN_IN = { port: 0, code: '', adminToken: '', mint: () => '' }

/** The routes of a server with default settings. */
export function standardRoutes(): readonly Route[] {
  return createRoutes({ primary: NOBODY, clock, random, config: loadConfig({ env: {} }), signIn: NO_SIGN_IN })
}

/** A reference to another schema. It is replaced by a reference to a file, because each schema is in a file of its own. */
const REFERENCE = new RegExp(`"${SCHEMAS_AT}(\\w+)"`, 'g')

/** The files of docs/reference/ that describe a server with default settings: contents by path. */
export function renderDocuments(): ReadonlyMap<string, string> {
  const { settings } = loadConfig({ env: {} })
  const { openapi, asyncapi } = describeServer(standardRoutes(), settings)
  const schemas = Object.entries(schemasOf(settings)).map(([name, schema]): [string, object] => {
    return [
      `schemas/${name}.json`,
      { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `${name}.json`, ...schema },
    ]
  })
  const documents: [string, object][] = [['openapi.json', openapi], ['asyncapi.json', asyncapi], ...schemas]
  return new Map(
    documents.map(([path, document]) => {
      const text = `${JSON.stringify(document, null, 2)}\n`
      return [path, path.startsWith('schemas/') ? text.replaceAll(REFERENCE, '"$1.json"') : text]
    }),
  )
}

if (import.meta.main) {
  const folder = resolve(import.meta.dirname, '../../docs/reference')
  const documents = renderDocuments()
  for (const [path, text] of documents) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const name of readdirSync(join(folder, 'schemas'))) {
    if (!documents.has(`schemas/${name}`)) rmSync(join(folder, 'schemas', name))
  }
}
