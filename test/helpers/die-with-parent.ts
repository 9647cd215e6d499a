/**
 * Loaded into each server that a test starts (`node --import`). The server's standard input is a pipe that the test holds. The
 * pipe closes when the test dies, whatever the cause. Workers end by themselves when their primary does.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.stdin.on('end', () => process.exit(1))
  process.stdin.resume()
  // The pipe alone should not keep the process running. By Node's types only a terminal has `unref`.
  if ('unref' in process.stdin) process.stdin.unref()
}
