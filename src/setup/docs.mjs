// `npm run docs` writes every document that is generated from the code. `npm run docs -- NAME …` writes only the named ones.
// This is plain JavaScript, because nothing may be installed yet.
import { installAndRun } from './install-and-run.mjs'

/**
 * The command of each name. typedoc makes the reference of the client from the built types, which describe each field. It needs
 * an older TypeScript than the project's.
 */
const DOCUMENTS = {
  settings: 'node src/config/settings-table.ts',
  cli: 'node src/cli/document.ts',
  api: 'node src/worker/documents.ts',
  metrics: 'node src/metrics/document.ts',
  rfc6455: 'node test/rfc6455/document.ts',
  site: 'node src/setup/site/build-site.mjs',
  client: 'node src/setup/build.mjs && npx -y -p typedoc@0.28.20 -p typescript@5.9.3 typedoc',
}
const USAGE = 64

const names = process.argv.slice(2)
const unknown = names.find((name) => !Object.hasOwn(DOCUMENTS, name))
if (unknown !== undefined) {
  console.error(`there is no document named ${unknown}; there are ${Object.keys(DOCUMENTS).join(', ')}`)
  process.exit(USAGE)
}
const chosen = Object.entries(DOCUMENTS).filter(([name]) => names.length === 0 || names.includes(name))
installAndRun(['tools'], 'sh', ['-c', chosen.map(([, command]) => command).join(' && ')])
