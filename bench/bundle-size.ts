import { resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')

export interface Size {
  readonly minified: number
  readonly gzip: number
  readonly brotli: number
}

export interface Chunk {
  /** The page has to load it before it does anything. */
  readonly isFirst: boolean
  readonly size: Size
}

/** What a page loads if this is its only script, an ES module in the root of the repository. */
export async function measureBundle(source: string): Promise<readonly Chunk[]> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    minify: true,
    splitting: true,
    treeShaking: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: resolve(ROOT, 'bundle'),
    metafile: true,
    write: false,
    logLevel: 'error',
  })
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => [resolve(path), output] as const)
  const needed = staticClosure(new Map(outputs))
  return outputFiles.map(({ path, contents }) => ({ isFirst: needed.has(path), size: sizeOf(contents) }))
}

interface Output {
  readonly entryPoint?: string
  readonly imports: readonly { readonly path: string; readonly kind: string }[]
}

/** The entry's chunk, and the chunks that it imports before it runs. */
function staticClosure(outputs: ReadonlyMap<string, Output>): ReadonlySet<string> {
  const needed = new Set([...outputs].filter(([, { entryPoint }]) => entryPoint === '<stdin>').map(([path]) => path))
  for (const path of needed) {
    for (const { path: imported, kind } of outputs.get(path)?.imports ?? []) {
      if (kind === 'import-statement') needed.add(resolve(imported))
    }
  }
  return needed
}

function sizeOf(contents: Uint8Array): Size {
  return {
    minified: contents.length,
    gzip: gzipSync(contents, { level: 9 }).length,
    brotli: brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  }
}
