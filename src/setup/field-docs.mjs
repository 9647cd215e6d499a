// Documents the types of the client. They are derived from shapes (src/protocol/shapes/), and the compiler writes their fields into
// .d.ts files without descriptions. The schemas of the shapes have descriptions, so they are added here, for editors to show.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** @typedef {Readonly<Record<string, any>>} Schema */

const CONSTANT = /^(?:export )?declare const (\w+):/
const SHAPE = /declare const (\w+): [^\n]*?(?:Named<"\w+", |Schema<)(\{\n[\s\S]*?\n\})>;/g
const VALUE = /export type (\w+) = ValueOf<typeof (\w+)>;/g
const FIELD = /^((?: {4})+)readonly (\w+)\??: /

/**
 * Puts the description of each field before the field, as a docstring.
 * @param {string} folder of a build
 */
export async function documentFields(folder) {
  const shapes = path.join(folder, 'protocol/shapes')
  // These are the files of the client. The server is built without types.
  const files = readdirSync(shapes).filter((file) => file.endsWith('.d.ts'))
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(path.join(shapes, file.replace(/\.d\.ts$/, '.js'))).href)),
  )
  const named = new Map(
    modules
      .flatMap((exports) => Object.values(exports))
      .flatMap((value) => (isNamed(value) ? [[`${value.name}`, value.schema]] : [])),
  )
  for (const [i, file] of files.entries()) {
    const types = path.join(shapes, file)
    const lines = readFileSync(types, 'utf8').split('\n')
    writeFileSync(types, writtenOut(withDocs(lines, modules[i], named).join('\n')))
  }
}

/**
 * Replaces types such as `ValueOf<typeof RECEIPT>` by the object type that they are, for references and editors to show.
 * @param {string} text
 */
function writtenOut(text) {
  const objects = new Map(Array.from(text.matchAll(SHAPE), ([, constant, object]) => [constant, object]))
  return text.replace(VALUE, (declared, name, constant) => {
    const object = objects.get(constant)
    return object === undefined ? declared : `export type ${name} = ${object};`
  })
}

/**
 * @param {readonly string[]} lines
 * @param {Schema} exports of the module
 * @param {ReadonlyMap<string, Schema>} named
 */
function withDocs(lines, exports, named) {
  /** @type {(Schema | undefined)[]} the schemas in which the fields at each depth are looked up */
  let fields = []
  return lines.flatMap((line) => {
    const [, constant] = CONSTANT.exec(line) ?? []
    if (constant !== undefined) fields = [undefined, fieldsOf(exports[constant], named)]
    const [, indent = '', name = ''] = FIELD.exec(line) ?? []
    if (name === '') return [line]
    const depth = indent.length / 4
    const schema = fields[depth]?.[name]
    fields[depth + 1] = fieldsOf(schema, named)
    const { description } = inner(schema, named)
    return typeof description === 'string' ? [`${indent}/** ${description} */`, line] : [line]
  })
}

/**
 * Returns the schemas of the fields of an object, of the objects in a list, or of a table of shapes.
 * @param {Schema | undefined} value
 * @param {ReadonlyMap<string, Schema>} named
 * @returns {Schema | undefined}
 */
function fieldsOf(value, named) {
  if (isNamed(value)) return fieldsOf(value.schema, named)
  const schema = inner(value, named)
  if (schema.type === 'array') return fieldsOf(schema.items, named)
  return schema.type === 'object' ? schema.properties : schema
}

/**
 * Resolves references. Of a schema that may be null, returns the other alternative.
 * @param {Schema | undefined} schema
 * @param {ReadonlyMap<string, Schema>} named
 * @returns {Schema}
 */
function inner(schema, named) {
  if (schema?.$ref !== undefined) return inner(named.get(schema.$ref.split('/').at(-1)), named)
  if (Array.isArray(schema?.anyOf) && schema.description === undefined) return inner(schema.anyOf[0], named)
  return schema ?? {}
}

/** @param {any} value */
function isNamed(value) {
  return typeof value?.name === 'string' && typeof value.schema === 'object'
}
