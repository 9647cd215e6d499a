import { readFileSync } from 'node:fs'
import path from 'node:path'

export function readVersion(): string {
  const file = path.resolve(import.meta.dirname, '../../package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
  return version
}
