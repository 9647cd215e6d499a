/**
 * The pages in docs/guides/games.md and docs/start/first-game.md play a match as they stand there: plain JavaScript, TypeScript,
 * React and Svelte, against a real server.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { Window } from 'happy-dom'
import { compile } from 'svelte/compiler'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/play.ts'
import { startServer } from '../helpers/server.ts'
import { until } from './setup.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8')
const page = read('docs/guides/games.md')
const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page.slice(page.indexOf('## The page')))?.[1] ?? ''

const folder = t.testdir({})
const [, race = ''] = /```ts\n(import \{ defineGame[\s\S]*?)```/.exec(read('README.md')) ?? []
writeFileSync(path.join(folder, 'race.ts'), race)
const server = await startServer(t, { GAMES: folder, GAME_HOSTS: '1', WORKERS: '1' })

// What a browser has, for all pages of this process.
const window = new Window({ url: server.url })
const { document } = window
t.teardown(() => window.happyDOM.close())
Object.assign(globalThis, { window, document, location: window.location, alert: () => {} })
for (const name of ['Node', 'Text', 'Comment', 'Element', 'HTMLElement', 'HTMLMediaElement', 'SVGElement']) {
  Object.assign(globalThis, { [name]: window[name as 'Node'] })
}

const svelte: Plugin = {
  name: 'svelte',
  setup(bundler) {
    bundler.onLoad({ filter: /\.svelte$/ }, ({ path: file }) => {
      const { js } = compile(readFileSync(file, 'utf8'), { generate: 'client', filename: file })
      return { contents: js.code, loader: 'js' }
    })
  },
}

/** Runs it as a page's script, bundled as a page's author would. */
async function run(files: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
  const at = (name: string) => path.join(folder, name)
  for (const [name, code] of Object.entries(files)) writeFileSync(at(name), code)
  const [entry = ''] = Object.keys(files)
  const outfile = at(`${entry}.bundle.mjs`)
  await build({
    entryPoints: [at(entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    nodePaths: [path.join(ROOT, 'node_modules')],
    alias: { 'drumbeat/play': path.join(ROOT, 'src/client/play.ts') },
    define: { 'process.env.NODE_ENV': '"production"' },
    jsx: 'automatic',
    plugins: [svelte],
    logLevel: 'error',
  })
  return (await import(pathToFileURL(outfile).href)) as Readonly<Record<string, unknown>>
}

/** A second player, so that the race begins. */
async function opponent(t: Test, url: string) {
  const other = await connect({ url, namespace: 'public' })
  t.teardown(() => other.close())
  return other.play('race', { where: { phase: 'lobby' } })
}

const text = (): string => document.body.textContent ?? ''
const press = (selector: string): void => (document.querySelector(selector) as { click?(): void } | null)?.click?.()

/** The lobby, the race, a step of the player on this page. */
async function races(t: Test, selector: string): Promise<void> {
  await until(() => text().includes('lobby'))
  const room = await opponent(t, server.url)
  await until(() => text().includes('run'))
  t.match(text(), /run: guest-\S+ 0/)
  press(selector)
  await until(() => / 3\b/.test(text()))
  t.match(text(), /guest-\S+ 3/)
  await room.leave()
}

t.test('plain JavaScript', async (t) => {
  document.body.innerHTML = '<p id="race"></p><button id="step">step</button>'
  await run({ 'plain.js': `${blockOf('js')}\nexport { client }` }).then(({ client }) =>
    t.teardown(() => (client as { close(): void }).close()),
  )
  await races(t, '#step')
})

for (const [name, language, entry] of [
  [
    'React',
    'jsx',
    `import { createRoot } from 'react-dom/client'
import { Race } from './race.jsx'
export const show = (target, room) => createRoot(target).render(<Race room={room} />)`,
  ],
  [
    'Svelte',
    'svelte',
    `import { mount } from 'svelte'
import Race from './race.svelte'
export const show = (target, room) => void mount(Race, { target, props: { room } })`,
  ],
] as const) {
  t.test(name, async (t) => {
    document.body.innerHTML = '<main></main>'
    const { show } = (await run({ [`${language}-entry.jsx`]: entry, [`race.${language}`]: blockOf(language) })) as {
      show: (target: unknown, room: unknown) => void
    }
    const client = await connect({ url: server.url, namespace: 'public' })
    t.teardown(() => client.close())
    show(document.querySelector('main'), await client.play('race', { where: { phase: 'lobby' } }))
    await races(t, 'button')
  })
}

t.test('what moves is drawn from a view', async (t) => {
  const client = await connect({ url: server.url, namespace: 'public' })
  t.teardown(() => client.close())
  const room = await client.play('race', { where: { phase: 'lobby' } })
  const [, drawing = ''] = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  const { start } = (await run({
    'draw.js': `export function start(room, place, requestAnimationFrame) {\n${drawing}\ndraw()\n}`,
  })) as { start: (room: unknown, place: (id: string, at: number) => void, frame: (draw: () => void) => void) => void }
  const placed = new Map<string, number>()
  const frames: (() => void)[] = []
  start(
    room,
    (id, at) => placed.set(id, at),
    (draw) => void frames.push(draw),
  )
  t.equal(placed.get(String(room.seat)), 0)
  t.equal(frames.length, 1, 'the next frame is asked for')
})

t.test('the page of your first game', async (t) => {
  const [, , code = ''] = read('docs/start/first-game.md').split('```ts\n')
  const { client } = await run({ 'first.ts': `${code.split('```')[0]}\nexport { client }` })
  t.teardown(() => (client as { close(): void }).close())
  await until(() => document.title.includes('guest-'))
  await opponent(t, server.url)
  // Refused until the race has begun.
  await until(() => {
    document.body.click()
    return /":[1-9]/.test(document.title)
  })
  t.match(document.title, /^\{"guest-/)
})

t.test('each is ten lines', (t) => {
  for (const language of ['js', 'jsx', 'svelte'])
    t.ok(blockOf(language).trim().split('\n').length <= 10, `${language} is ten lines`)
  t.end()
})
