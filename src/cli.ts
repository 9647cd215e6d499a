#!/usr/bin/env node
import { closeToOthers, watchSignals } from './setup/signals.ts'

closeToOthers()
const argv = process.argv.slice(2)
// Loading the rest takes a while. Without this, a signal during that time would end the server without a drain.
if (argv[0] === 'start') watchSignals()
const { run } = await import('./cli/run.ts')
await run(argv)
