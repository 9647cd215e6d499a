import { fileURLToPath } from 'node:url'
import { closeToOthers, ignoreSignals, watchSignals } from './setup/signals.ts'

closeToOthers()
// The rest is loaded after this, as that takes a while, in which a signal would end the process.
// `--worker`, `--host`: started by the primary, which speaks over the link.
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
