/**
 * Loaded into tests, and into the servers that they start (`--require`), so that a process starts in half of the time: types are taken out of a file once
 * and not in each process, and tap does not listen to what is loaded. It does so in a thread of its own, for coverage and `tap --changed`, which are not used here.
 */
const { createHash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { join } = require('node:path')
const { fileURLToPath } = require('node:url')
const { threadId } = require('node:worker_threads')

const FOLDER = join(__dirname, '../../node_modules/.cache/drumbeat/stripped', process.version)

// For @tapjs/processinfo, which is loaded behind this.
Module.register = () => {}

mkdirSync(FOLDER, { recursive: true })
Module.registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    const source = strip(readFileSync(fileURLToPath(url), 'utf8'))
    // A fault in it is said as Node says it, with its place.
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
  },
})

/** By content, so that no file is ever older than its source. Returns undefined for what is no TypeScript. */
function strip(source) {
  const kept = join(FOLDER, createHash('sha1').update(source).digest('hex'))
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const stripped = withoutWarnings(() => stripNow(source))
    if (stripped === undefined) return undefined
    const begun = `${kept}-${process.pid}-${threadId}`
    writeFileSync(begun, stripped)
    renameSync(begun, kept)
    return stripped
  }
}

function stripNow(source) {
  try {
    return Module.stripTypeScriptTypes(source)
  } catch {
    return undefined
  }
}

/** The function is called experimental, in a line on standard error. */
function withoutWarnings(run) {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    process.emitWarning = emitWarning
  }
}
