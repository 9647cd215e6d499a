import { readFileSync } from 'node:fs'
import path from 'node:path'
import { findRepeatedKey } from '../protocol/repeated-key.ts'
import { ParseError, parseJson, parseToml, parseYaml } from './parsers.ts'

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.yaml': parseYaml,
  '.yml': parseYaml,
  '.toml': parseToml,
  '.json': parseJsonOnce,
}

/** Refuses a key that is given twice, as the parsers of YAML and TOML do. */
function parseJsonOnce(text: string): unknown {
  const value = parseJson(text)
  if (findRepeatedKey(text) !== undefined) throw new ParseError('not valid JSON: a name that is given twice')
  return value
}

/** Thrown if a file cannot be read, or if its content does not parse as what its name says. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
}

/**
 * Reads the value in a YAML, TOML or JSON file. The extension of the file selects the parser.
 * Throws DataFileError, with the place of the mistake if the parser knows it.
 */
export function readDataFile(file: string): unknown {
  const parse = PARSERS[path.extname(file).toLowerCase()]
  if (parse === undefined) throw new DataFileError(`${file} must end in .yaml, .yml, .toml or .json`)
  return parseFile(file, parse)
}

/** Reads JSON from a file of any name. Throws DataFileError. */
export function readJsonFile(file: string): unknown {
  return parseFile(file, parseJson)
}

function parseFile(file: string, parse: (text: string) => unknown): unknown {
  const text = readText(file)
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause
    throw new DataFileError(`${file} cannot be understood: ${cause.message}`, { cause })
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new DataFileError(`${file} cannot be read: ${firstLine(cause)}`, { cause })
  }
}

/** Returns the first line of an error's message, without a colon at its end. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? ''
}
