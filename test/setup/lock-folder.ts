import { lockInstance } from '../../src/setup/instance-lock.ts'

// Locks the folder, says so, and holds it until it is killed.
await lockInstance(process.argv[2] ?? '')
process.stdout.write('locked\n')
setInterval(() => {}, 60_000)
