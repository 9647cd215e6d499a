/** Connections at once. */
const AT_ONCE = 40

/** What the jobs give, in their order. */
export async function inParallel<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const queue = jobs.entries()
  const done: T[] = []
  const work = async () => {
    for (const [i, job] of queue) done[i] = await job()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return done
}
