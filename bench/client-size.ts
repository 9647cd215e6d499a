/**
 * What each client library adds to a page. Each is an ESM entry with what an application would use, bundled by esbuild for
 * browsers, minified and tree-shaken. Every chunk that the first connection needs counts. `npm run bench -- client-size`
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { measureBundle, type Chunk, type Size } from './bundle-size.ts'
import { readVersions } from './machine.ts'

const ROOT = resolve(import.meta.dirname, '..')
const RESULT = resolve(ROOT, 'bench/results/client-size.md')

interface Entry {
  readonly name: string
  /** The package whose version is reported. By default this repository. */
  readonly of?: string
  readonly source: string
}

/** All do the same: connect, join a room or channel, receive one kind of event, and send one. */
const OURS = `import { connect, EVENT } from './src/client/index.ts'
const game = await connect({ url: location.origin, namespace: 'public' })
game.on(EVENT.broadcast, console.log)
await game.join('arena')
await game.broadcast({ x: 3 }, { room: 'arena' })`

const playing = (file: string) => `import { connect } from './src/client/${file}.ts'
const game = await connect({ url: location.origin, namespace: 'public' })
const room = await game.play('arena')
room.subscribe(console.log)
await room.send.fire({})`

const ENTRIES: readonly Entry[] = [
  { name: 'drumbeat/play, to play', source: playing('play') },
  { name: 'drumbeat/client, to play', source: playing('index') },
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

const NOTHING: Size = { minified: 0, gzip: 0, brotli: 0 }

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
  const chunks = await measureBundle(entry.source)
  const version = entry.of === undefined ? '' : ` ${versions[entry.of]}`
  rows.push(row(`${entry.name}${version}`, sum(chunks.filter(({ isFirst }) => isFirst))))
  const later = chunks.filter(({ isFirst }) => !isFirst)
  if (later.length > 0) rows.push(row('… its msgpack, loaded only if it is chosen', sum(later)))
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
