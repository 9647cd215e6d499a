#!/usr/bin/env node
import { closeToOthers, watchSignals } from './setup/signals.ts'

closeToOthers()
const argv = process.argv.slice(2)
// Before the rest is loaded, in which time a signal would end a server.
if (argv[0] === 'start') watchSignals()
const { run } = await import('./cli/run.ts')
await run(argv)
