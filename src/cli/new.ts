import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { toError } from '../base/assert.ts'
import { GAME_NAME } from '../protocol/ids.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'

/** The game that is copied. It is at the same place in a clone and in an installed package. */
const STARTER = path.resolve(import.meta.dirname, '../../starter')
/** The word in its files that is replaced by the name. */
const NAME_IN_STARTER = /\bstarter\b/g

/**
 * The tsconfig.json for editors and `npx tsc`. It is not part of the starter, because our own checks would read it there.
 * docs/start/first-client.md has the same.
 */
const COMPILER_OPTIONS = {
  strict: true,
  module: 'NodeNext',
  target: 'ES2022',
  types: ['node'],
  noEmit: true,
  allowImportingTsExtensions: true,
}

export const command = defineCommand({
  usage: ['new NAME'],
  about: ['creates a folder NAME with a small game that runs: the game, its test, a page to play it, and a README'],
  options: {},
  takesNames: true,
  run: ({ positionals }) => {
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError('new takes one name: drumbeat new NAME')
    if (!GAME_NAME.test(name))
      throw new UsageError(
        `${JSON.stringify(name)} cannot be the name of a game: use 1 to 32 of a-z, 0-9 and -, a letter first`,
      )
    requireRoom(name)
    copyStarter(name)
    print(nextSteps(name))
  },
})

/** Throws StartError unless the folder is empty or does not exist. */
function requireRoom(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (!stat || (stat.isDirectory() && readdirSync(folder).length === 0)) return
  throw new StartError(EXIT.problems, `${path.resolve(folder)} exists and is not an empty folder: nothing was changed`)
}

/** Throws StartError if the folder cannot be written. */
function copyStarter(name: string): void {
  try {
    cpSync(STARTER, name, { recursive: true })
    for (const file of readdirSync(name, { recursive: true, encoding: 'utf8' })) rename(path.join(name, file), name)
    if (!isOfModules(name)) writeManifest(name)
    writeJson(path.join(name, 'tsconfig.json'), { compilerOptions: COMPILER_OPTIONS })
  } catch (thrown) {
    throw new StartError(EXIT.permission, `${path.resolve(name)}: ${toError(thrown).message}`, thrown)
  }
}

function rename(file: string, name: string): void {
  if (!path.extname(file)) return
  writeFileSync(file, readFileSync(file, 'utf8').replace(NAME_IN_STARTER, name))
}

/** Whether Node treats scripts in this folder as modules. The nearest package.json says so. */
function isOfModules(folder: string): boolean {
  try {
    const manifest = findPackageJSON(pathToFileURL(path.resolve(folder, 'game.ts')))
    if (manifest === undefined) return false
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: unknown }).type === 'module'
  } catch {
    return false // It cannot be read, or is not JSON.
  }
}

/** Without a package.json, Node warns at each start that it has to guess the type of the files, or fails on them as CommonJS. */
function writeManifest(name: string): void {
  writeJson(path.join(name, 'package.json'), { name, private: true, type: 'module' })
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

function nextSteps(name: string): string {
  return [
    `Created ${name}/: game.ts has the rules, game.test.ts tests them, and page/ is what players see.`,
    '',
    `  npx drumbeat start --games ./${name}/game.ts --watch     then open http://127.0.0.1:8080/play/${name}/ in two tabs`,
    `  npx drumbeat test ./${name}`,
    '',
    '',
  ].join('\n')
}
