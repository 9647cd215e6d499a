import t from 'tap'
import { HeapWatch } from '../../src/worker/heap-watch.ts'
import { NO_LOG } from '../helpers/no-log.ts'

const MB = 1_000_000

/** A heap of 100 MB; what is closed or garbage is gone after a collection. */
function setUp(heap: { live: number; garbage: number; lagged: number }) {
  const did: string[] = []
  const watch = new HeapWatch({
    log: NO_LOG,
    read: () => ({ usedBytes: (heap.live + heap.garbage + heap.lagged) * MB, limitBytes: 100 * MB }),
    collect: () => {
      did.push('collect')
      heap.garbage = 0
    },
    sweeper: {
      get laggedBytes() {
        return heap.lagged * MB
      },
      relieve: () => {
        did.push('relieve')
        heap.garbage += heap.lagged / 2
        heap.lagged /= 2
      },
    },
  })
  return { watch, did }
}

t.test('slow readers are closed where a collection does not help', async (t) => {
  const { watch, did } = setUp({ live: 20, garbage: 5, lagged: 60 })
  watch.look()
  t.strictSame(did, ['collect', 'relieve'])
})

t.test('garbage alone costs nobody', async (t) => {
  const { watch, did } = setUp({ live: 20, garbage: 50, lagged: 10 })
  watch.look()
  t.strictSame(did, ['collect'])
})

t.test('a heap that is full of something else is left to V8, however often it is looked at', async (t) => {
  const { watch, did } = setUp({ live: 75, garbage: 5, lagged: 2 })
  for (let i = 0; i < 10; i++) watch.look()
  t.strictSame(did, [])
})

t.test('it is over when little waits', async (t) => {
  const { watch, did } = setUp({ live: 75, garbage: 0, lagged: 20 })
  for (let i = 0; i < 10; i++) watch.look()
  t.strictSame(did, ['collect', 'relieve', 'collect', 'relieve', 'collect', 'relieve'])
})
