import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { runNode } from './built-client.ts'

const BUILD = path.resolve(import.meta.dirname, '../../src/setup/site/build-site.mjs')

/** Builds the documentation as `npm run docs -- site` does. Resolves to the text of each file by its name in the folder. */
export async function buildSite(folder: string): Promise<ReadonlyMap<string, string>> {
  await runNode(process.execPath, [BUILD, folder])
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name))
  return new Map(files.map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]))
}
