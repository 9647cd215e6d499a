import path from 'node:path'
import { importsOf, withoutComments, type Sources } from './check.ts'

/** The files that each file imports. */
type Imports = ReadonlyMap<string, readonly string[]>

/**
 * Returns the circles of imports, a line each. An import of a type counts, too: files that need each other's types can be
 * understood only together. So does a file that is named for a thread of its own.
 */
export function findCircles(sources: Sources): string[] {
  const imports = new Map([...sources].map(([file, text]) => [file, importedBy(file, text, sources)]))
  const told = new Set<string>()
  return [...sources.keys()].flatMap((file) => {
    const circle = told.has(file) ? undefined : wayBack(file, imports)
    if (!circle) return []
    for (const member of circle) told.add(member)
    return [`imports go in a circle: ${[...circle, file].join(' -> ')}`]
  })
}

function importedBy(file: string, text: string, sources: Sources): readonly string[] {
  return importsOf(withoutComments(text))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.posix.join(path.posix.dirname(file), specifier))
    .filter((target) => sources.has(target))
}

/** The shortest way from a file back to itself. Returns undefined if there is none. */
function wayBack(start: string, imports: Imports): readonly string[] | undefined {
  const ways = [[start]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const target of imports.get(way.at(-1) ?? start) ?? []) {
      if (target === start) return way
      if (seen.has(target)) continue
      seen.add(target)
      ways.push([...way, target])
    }
  }
  return undefined
}
