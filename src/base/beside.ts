import path from 'node:path'

/**
 * The URL of a module in the importer's folder, from which a thread or process can be started. Its extension is that of the
 * importer:
 * `.ts` in a clone, `.js` in the installed package.
 * @param name without extension, as in `./plan-thread`
 * @param importer `import.meta.url` of the importing module
 */
export function besideUrl(name: string, importer: string): URL {
  return new URL(name + path.extname(new URL(importer).pathname), importer)
}
