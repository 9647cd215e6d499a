import path from 'node:path'

/**
 * The module beside the one that asks, for a thread or a process of its own: TypeScript in a clone, JavaScript in the installed package.
 * @param name without its extension, as in `./plan-thread`
 * @param importer `import.meta.url` of the one that asks
 */
export function besideUrl(name: string, importer: string): URL {
  return new URL(name + path.extname(new URL(importer).pathname), importer)
}
