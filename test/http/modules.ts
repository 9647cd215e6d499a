const IMPORT = /\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g

export interface Fetched {
  readonly status: number
  readonly type: string
  readonly text: string
}

export interface Modules {
  /** The code of each, by its path. */
  readonly code: ReadonlyMap<string, string>
  /** What is imported and is no address. */
  readonly bare: readonly string[]
  /** What was not answered with JavaScript. */
  readonly missing: readonly string[]
}

/** Follows the imports of a module as a browser does. @param get what a path is answered with */
export async function loadModules(entry: string, get: (path: string) => Promise<Fetched>): Promise<Modules> {
  const code = new Map<string, string>()
  const bare: string[] = []
  const missing: string[] = []
  const wanted = [entry]
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (code.has(path)) continue
    const { status, type, text } = await get(path)
    if (status !== 200 || !type.startsWith('text/javascript')) missing.push(`${path}: ${status} ${type}`)
    code.set(path, text)
    for (const [, specifier = ''] of text.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(IMPORT)) {
      if (specifier.startsWith('.')) wanted.push(new URL(specifier, `http://server${path}`).pathname)
      else bare.push(specifier)
    }
  }
  return { code, bare, missing }
}
