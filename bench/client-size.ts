/**
 * What each client library adds to a page: an ESM entry with what an application of it would use, bundled by esbuild for browsers,
 * minified and tree-shaken; every chunk that the first connection needs counts. `npm run bench -- client-size`
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { readVersions } from './machine.ts'

const ROOT = resolve(import.meta.dirname, '..')
const RESULT = resolve(ROOT, 'bench/results/client-size.md')

interface Entry {
  readonly name: string
  /** The package whose version is told; absent: this repository. */
  readonly of?: string
  readonly source: string
}

/** Connect, join a room or channel, hear one kind of event, send one: the same for all. */
const OURS = `import { connect, EVENT } from './src/client/index.ts'
const game = await connect({ url: location.origin, namespace: 'public' })
game.on(EVENT.broadcast, console.log)
await game.join('arena')
await game.broadcast({ x: 3 }, { room: 'arena' })`

const ENTRIES: readonly Entry[] = [
  { name: 'drumbeat/client', source: OURS },
  {
    name: 'phoenix',
    of: 'phoenix',
    source: `import { Socket } from 'phoenix'
const socket = new Socket('/socket')
socket.connect()
const channel = socket.channel('arena')
channel.on('event', console.log)
channel.join()
channel.push('event', { x: 3 })`,
  },
  {
    name: 'socket.io-client',
    of: 'socket.io-client',
    source: `import { io } from 'socket.io-client'
const socket = io('/')
socket.on('event', console.log)
socket.emit('event', { x: 3 })`,
  },
  {
    name: 'centrifuge',
    of: 'centrifuge',
    source: `import { Centrifuge } from 'centrifuge'
const centrifuge = new Centrifuge('/connection/websocket')
const arena = centrifuge.newSubscription('arena')
arena.on('publication', console.log)
arena.subscribe()
centrifuge.connect()
await arena.publish({ x: 3 })`,
  },
  {
    name: 'colyseus.js',
    of: 'colyseus.js',
    source: `import { Client } from 'colyseus.js'
const room = await new Client(location.origin).joinOrCreate('arena')
room.onMessage('event', console.log)
room.send('event', { x: 3 })`,
  },
]

interface Size {
  readonly minified: number
  readonly gzip: number
  readonly brotli: number
}

interface Chunk {
  readonly isFirst: boolean
  readonly size: Size
}

const NOTHING: Size = { minified: 0, gzip: 0, brotli: 0 }

async function measure({ source }: Entry): Promise<readonly Chunk[]> {
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

/** The entry's chunk and those it imports before it runs. */
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

function sum(chunks: readonly Chunk[]): Size {
  return chunks.reduce(
    (all, { size }) => ({
      minified: all.minified + size.minified,
      gzip: all.gzip + size.gzip,
      brotli: all.brotli + size.brotli,
    }),
    NOTHING,
  )
}

function row(name: string, { minified, gzip, brotli }: Size): string {
  return `| ${[name, ...[minified, gzip, brotli].map((bytes) => bytes.toLocaleString('en'))].join(' | ')} |`
}

const versions = readVersions(ENTRIES.flatMap(({ of }) => of ?? []))
const rows: string[] = []
for (const entry of ENTRIES) {
  const chunks = await measure(entry)
  const version = entry.of === undefined ? '' : ` ${versions[entry.of]}`
  rows.push(row(`${entry.name}${version}`, sum(chunks.filter(({ isFirst }) => isFirst))))
  const later = chunks.filter(({ isFirst }) => !isFirst)
  if (later.length > 0) rows.push(row('… its msgpack, loaded where it is chosen', sum(later)))
}
const text = [
  '### client-size: what a client library adds to a page',
  '',
  'Bytes of an ESM entry that connects, hears and sends, bundled by esbuild for browsers, minified and tree-shaken; gzip at level 9, brotli',
  'at quality 11.',
  '',
  '| client | minified | gzip | brotli |',
  '| --- | ---: | ---: | ---: |',
  ...rows,
  '',
  `drumbeat ${versions['drumbeat']}, esbuild ${readVersions(['esbuild'])['esbuild']}.`,
  '',
].join('\n')
process.stdout.write(text)
writeFileSync(RESULT, text)
