import { readStartTime } from './process-cpu.ts'

/**
 * `node bench/watchdog.ts PID`: kills that process and its group when stdin closes, as it does when the bench is gone. It is for
 * servers that do not watch their own stdin, such as Drumbeat, which is not made for a bench.
 */
const pid = Number(process.argv[2])
const startTime = readStartTime(pid)

process.stdin.on('close', () => {
  // If the start time differs, the process has ended, and its id belongs to another one by now.
  if (startTime !== undefined && readStartTime(pid) === startTime) process.kill(-pid, 'SIGKILL')
  process.exit(0)
})
process.stdin.resume()
