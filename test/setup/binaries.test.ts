import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(ROOT, file), 'latin1')
const { arch } = process
const LMDB = `node_modules/@lmdb/lmdb-linux-${arch}`
const UWS = `node_modules/uWebSockets.js/dist/bin/uws_linux_${arch}_127.node`
const NODE = `node_modules/node-linux-${arch}/bin/node`

/** The latest version of a library that a binary asks for, as `GLIBC_2.34`. */
function latest(file: string, library: string): readonly number[] {
  const versions = [...read(file).matchAll(new RegExp(`\\b${library}_(\\d+(?:\\.\\d+)+)\0`, 'g'))]
  return (
    versions
      .map(([, version = '']) => version.split('.').map(Number))
      .toSorted(compare)
      .at(-1) ?? [0]
  )
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((part, i) => part !== (b[i] ?? 0))
  return differing < 0 ? a.length - b.length : (a[differing] ?? 0) - (b[differing] ?? 0)
}

const skip = !existsSync(path.join(ROOT, NODE)) && 'the server has no binaries for this machine'

t.test('the pages name the C and C++ library that the binaries want', { skip }, async (t) => {
  const lmdb = readdirSync(path.join(ROOT, LMDB)).filter((name) => name.endsWith('.glibc.node'))
  const binaries = [NODE, UWS, ...lmdb.map((name) => `${LMDB}/${name}`)]
  const newest = (library: string) =>
    binaries
      .map((file) => latest(file, library))
      .toSorted(compare)
      .at(-1)
      ?.join('.')
  const page = read('docs/operate/install.md')
  t.match(page, `glibc ${newest('GLIBC')} and libstdc++ ${newest('GLIBCXX')} or later`)
  t.match(read('src/setup/preflight.ts'), `glibc ${newest('GLIBC')} or later`)
})

t.test('uWebSockets.js has binaries for the platforms that the page names, and for Node 22 only', async (t) => {
  const names = readdirSync(path.join(ROOT, path.dirname(UWS)))
  const of22 = names.filter((name) => name.includes('_127.'))
  const platforms = ['linux_x64', 'linux_arm64', 'darwin_x64', 'darwin_arm64', 'win32_x64']
  for (const platform of platforms) t.ok(of22.includes(`uws_${platform}_127.node`), platform)
  const newer = names.filter((name) => Number(/_(\d+)\.node$/.exec(name)?.[1]) > 127)
  t.strictSame(newer, [], 'with one for a newer Node, bin/drumbeat.mjs may run on that')
})
