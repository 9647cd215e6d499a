/** The samples in TypeScript have the types that they claim, as strictly as our own code has. */
import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { blocksOf, readPage, ROOT } from './markdown.ts'

const src = (file: string) => [path.join(ROOT, 'src', file)]

function sampleOf(page: string): string {
  return blocksOf(readPage(page)).find(({ language }) => language === 'ts')?.code ?? ''
}

t.test('the first game, the game for authors and the client with types have no mistake that tsc finds', async (t) => {
  const compilerOptions = {
    paths: { 'drumbeat/game': src('games/index.ts'), 'drumbeat/client': src('client/index.ts') },
    // A sample may show what it does not use.
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  const folder = t.testdir({
    'tsconfig.json': JSON.stringify({ extends: path.join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
    'race.ts': sampleOf('docs/start/first-game.md'),
    'quiz.ts': sampleOf('docs/guides/games.md'),
    'typed.ts': sampleOf('docs/start/first-client.md'),
  })
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
  // Without NODE_OPTIONS, by which tap loads modules of its own.
  const output = await new Promise<string>((resolve) => {
    execFile('env', ['-u', 'NODE_OPTIONS', process.execPath, tsc, '-p', folder], (error, stdout, stderr) => {
      resolve(error ? stdout + stderr : '')
    })
  })
  t.equal(output, '')
})
