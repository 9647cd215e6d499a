import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemClock as clock } from '../base/clock.ts'
import { systemRandom as random } from '../base/random.ts'
import { loadConfig } from '../config/load.ts'
import type { Route } from '../http/router.ts'
import { SCHEMAS_AT } from '../protocol/shapes/build.ts'
import { createRoutes, describeServer, schemasOf } from './routes.ts'

/** Nothing is asked of the routes of a description. */
const NOBODY = { ask: () => Promise.reject(new Error('this is no server')) }

/** The routes of a server that nothing was configured for. */
export function standardRoutes(): readonly Route[] {
  return createRoutes({ primary: NOBODY, clock, random, config: loadConfig({ env: {} }) })
}

/** A schema in a file of its own refers to its neighbours. */
const REFERENCE = new RegExp(`"${SCHEMAS_AT}(\\w+)"`, 'g')

/** The files of docs/reference/ that describe a server that nothing was configured for: their content by their path. */
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
