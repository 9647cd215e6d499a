import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { besideUrl } from '../base/beside.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { UsageError } from './args.ts'
import { defineCommand } from './command.ts'

/** Without a package.json that says `"type": "module"`, Node would print a warning for each file. */
const ANY_FOLDER = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'
const TEST_FILE = /\.test\.(?:ts|js|mjs)$/

export const command = defineCommand({
  usage: ['test [FILE_OR_FOLDER ...]'],
  about: [
    "runs the tests of games (*.test.ts, .js, .mjs) with Node's test runner and this Drumbeat; by default those in this folder",
  ],
  options: {},
  takesNames: true,
  run: async ({ positionals }) => {
    const files = (positionals.length === 0 ? ['.'] : positionals).flatMap(testsIn)
    const hooks = besideUrl('./game-imports', import.meta.url).href
    const options = [`--import=${hooks}`, ANY_FOLDER, '--test']
    const child = spawn(process.execPath, [...options, ...files], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    process.exitCode = code ?? EXIT.problems
  },
})

/** Returns the test files at a place. Throws UsageError if there are none. */
function testsIn(place: string): readonly string[] {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) throw new UsageError(`${place}: there is no such file or folder`)
  if (!stat.isDirectory()) return [place]
  const files = readdirSync(place).filter((name) => TEST_FILE.test(name))
  if (files.length === 0) throw new UsageError(`${place}: no file in it ends in .test.ts, .test.js or .test.mjs`)
  return files.map((name) => path.join(place, name))
}
