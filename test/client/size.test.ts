/** How much a page loads that plays a game, in JSON: what is over this has to be worth it. */
import t from 'tap'
import { measureBundle } from '../../bench/bundle-size.ts'

const page = (file: string) => `import { connect } from './src/client/${file}.ts'
const game = await connect({ url: location.origin, namespace: 'public' })
const room = await game.play('arena')
room.subscribe(console.log)
await room.send.fire({})`

for (const [file, gzipMax] of [
  // 270 bytes go to another node, where the room is.
  ['play', 11_400],
  ['index', 12_650],
] as const) {
  t.test(`a page with src/client/${file}.ts loads at most ${gzipMax} bytes with gzip`, async (t) => {
    const chunks = await measureBundle(page(file))
    const gzip = chunks.reduce((sum, { isFirst, size }) => sum + (isFirst ? size.gzip : 0), 0)
    t.comment(`${gzip} bytes`)
    t.ok(gzip > 5_000 && gzip <= gzipMax, `${gzip} bytes`)
    t.ok(
      chunks.some(({ isFirst }) => !isFirst),
      'msgpack is loaded where it is chosen',
    )
  })
}
