import { readFileSync } from 'node:fs'
import path from 'node:path'
import { TomlError, parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { findRepeatedKey } from '../protocol/repeated-key.ts'

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.yaml': (text) => parseYaml(text) as unknown,
  '.yml': (text) => parseYaml(text) as unknown,
  '.toml': parseToml,
  '.json': parseJsonOnce,
}

/** A key given twice is a mistake, as it is to the parsers of the others. */
function parseJsonOnce(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) throw new SyntaxError(`"${repeated}" is there twice`)
  return value
}

/** A file that cannot be read, or does not hold what its name says. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
}

/**
 * The value in a YAML, TOML or JSON file, told apart by the end of its name.
 * Throws DataFileError, with the place of a mistake where the parser knows it.
 */
export function readDataFile(file: string): unknown {
  const parse = PARSERS[path.extname(file).toLowerCase()]
  if (parse === undefined) throw new DataFileError(`${file} must end in .yaml, .yml, .toml or .json`)
  return parseFile(file, parse)
}

/** The same for JSON under any name. */
export function readJsonFile(file: string): unknown {
  return parseFile(file, JSON.parse)
}

function parseFile(file: string, parse: (text: string) => unknown): unknown {
  const text = readText(file)
  try {
    return parse(text)
  } catch (cause) {
    throw new DataFileError(`${file} cannot be understood: ${firstLine(cause)}`, { cause })
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new DataFileError(`${file} cannot be read: ${firstLine(cause)}`, { cause })
  }
}

/** Parsers draw a picture of the place below their first line: left out, as there may be a secret in it. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const place = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : ''
  return (message.split('\n', 1)[0]?.replace(/:$/, '') ?? '') + place
}
