import { readStartTime } from './process-cpu.ts'

/**
 * `node bench/watchdog.ts PID`: kills that process and its group when stdin closes, which it does when the bench is gone.
 * For a server that does not watch its own stdin, as ours, which is not made for a bench.
 */
const pid = Number(process.argv[2])
const startTime = readStartTime(pid)

process.stdin.on('close', () => {
  // Another start time: the process has ended, and its id is somebody else's by now.
  if (startTime !== undefined && readStartTime(pid) === startTime) process.kill(-pid, 'SIGKILL')
  process.exit(0)
})
process.stdin.resume()
