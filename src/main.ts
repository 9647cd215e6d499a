import { fileURLToPath } from 'node:url'
import { closeToOthers, ignoreSignals, watchSignals } from './setup/signals.ts'

closeToOthers()
// The rest is loaded after the signal handlers are set: loading takes a while, and a signal during that time would end the
// process.
// The primary starts its other processes with `--worker` or `--host`, and talks to them over the link.
if (process.argv.includes('--worker')) {
  ignoreSignals()
  const { runWorker } = await import('./worker.ts')
  runWorker()
} else if (process.argv.includes('--host')) {
  ignoreSignals()
  const { runHost } = await import('./host.ts')
  runHost()
} else {
  const signals = watchSignals()
  const { start } = await import('./start.ts')
  await start({ script: fileURLToPath(import.meta.url), signals })
}
