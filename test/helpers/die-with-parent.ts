/**
 * Loaded into a server that a test starts (`node --import`): its standard input is a pipe that the test holds, and closes
 * by dying, however it does. Workers follow their primary by themselves.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.stdin.on('end', () => process.exit(1))
  process.stdin.resume()
  // Not a reason to stay when there is no other: only Node's types for a terminal have it on all streams.
  if ('unref' in process.stdin) process.stdin.unref()
}
