// `npm run prove -- NAME`: runs a proof and prints its figures. Settings of a proof are environment variables.
// Plain JavaScript, as nothing may be installed yet.
import { readFileSync } from 'node:fs'
import { installAndRun } from '../../src/setup/install-and-run.mjs'

/**
 * @typedef {object} Proof
 * @property {string} name
 * @property {string | string[]} file below test/; test/helpers/promised.ts tells it that it is a proof
 * @property {string} what
 * @property {string[]} [needs] what is installed beside the tools: `etcd`, `browser`, `proxies`, `clients`
 * @property {Record<string, string>} [env] is set, unless the caller sets it
 * @property {number} minutesMax after which the proof is ended
 */

/** @type {Proof[]} */
const PROOFS = JSON.parse(readFileSync(new URL('proofs.json', import.meta.url), 'utf8'))

const USAGE = 64
const name = process.argv[2]
const proof = PROOFS.find((each) => each.name === name)
if (proof === undefined) {
  const width = Math.max(...PROOFS.map(({ name }) => name.length))
  const list = PROOFS.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join('\n')
  const usage = `npm run prove -- NAME\n\n${list}`
  if (name === undefined) console.log(usage)
  else console.error(`there is no proof named ${name}\n\n${usage}`)
  process.exit(name === undefined ? 0 : USAGE)
}
const { file, needs = [], env = {}, minutesMax } = proof
const tap = [
  `--timeout=${60 * minutesMax}`,
  '--jobs=1',
  '--reporter=tap',
  ...[file].flat().map((each) => `test/${each}`),
]
installAndRun(['tools', ...needs], 'tap', tap, { PROVE: '1', ...env })
