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

/** The game that is copied: in a clone and in an installed package at the same place. */
const STARTER = path.resolve(import.meta.dirname, '../../starter')
/** What stands in its files for the name. */
const NAME_IN_STARTER = /\bstarter\b/g

/** For editors and `npx tsc`. It does not stand in the starter, where our own checks would read it. docs/start/first-client.md has the same. */
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
  about: [
    'makes a folder NAME with a game, its test, a page to play it and a README: a beginning, which runs as it is',
  ],
  options: {},
  takesNames: true,
  run: ({ positionals }) => {
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError('new takes one name: drumbeat new NAME')
    if (!GAME_NAME.test(name))
      throw new UsageError(`${JSON.stringify(name)} is no name of a game: 1 to 32 of a-z, 0-9 and -, a letter first`)
    requireRoom(name)
    copyStarter(name)
    print(nextSteps(name))
  },
})

/** Throws StartError if something is there already. */
function requireRoom(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (!stat || (stat.isDirectory() && readdirSync(folder).length === 0)) return
  throw new StartError(
    EXIT.problems,
    `${path.resolve(folder)} is there already, and no empty folder: nothing was changed`,
  )
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

/** Whether Node takes scripts in this folder as modules: the nearest package.json says so. */
function isOfModules(folder: string): boolean {
  try {
    const manifest = findPackageJSON(pathToFileURL(path.resolve(folder, 'game.ts')))
    if (manifest === undefined) return false
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: unknown }).type === 'module'
  } catch {
    return false // It cannot be read, or is no JSON.
  }
}

/** Without it Node warns at each start that it had to find out what the files are, or takes them as CommonJS and fails. */
function writeManifest(name: string): void {
  writeJson(path.join(name, 'package.json'), { name, private: true, type: 'module' })
}

function writeJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

function nextSteps(name: string): string {
  return [
    `${name}/ is there: game.ts has the rules, game.test.ts tests them, page/ is what players see.`,
    '',
    `  npx drumbeat start --games ./${name}/game.ts --watch     then open http://127.0.0.1:8080/play/${name}/ in two tabs`,
    `  npx drumbeat test ./${name}`,
    '',
    '',
  ].join('\n')
}
