import t from 'tap'
import { HeapWatch } from '../../src/worker/heap-watch.ts'
import { NO_LOG } from '../helpers/no-log.ts'

const MB = 1_000_000

/** A heap of 100 MB; what is closed or garbage is gone after a collection. */
function setUp(heap: { live: number; garbage: number; waiting: number }) {
  const did: string[] = []
  const watch = new HeapWatch({
    log: NO_LOG,
    read: () => ({ usedBytes: (heap.live + heap.garbage + heap.waiting) * MB, limitBytes: 100 * MB }),
    collect: () => {
      did.push('collect')
      heap.garbage = 0
    },
    sweeper: {
      get waitingBytes() {
        return heap.waiting * MB
      },
      relieve: () => {
        did.push('relieve')
        heap.garbage += heap.waiting / 2
        heap.waiting /= 2
      },
    },
  })
  return { watch, did }
}

t.test('slow readers are closed where a collection does not help', async (t) => {
  const { watch, did } = setUp({ live: 20, garbage: 5, waiting: 60 })
  watch.look()
  t.strictSame(did, ['collect', 'relieve'])
})

t.test('garbage alone costs nobody', async (t) => {
  const { watch, did } = setUp({ live: 20, garbage: 50, waiting: 10 })
  watch.look()
  t.strictSame(did, ['collect'])
})

t.test('a heap that is full of something else is left to V8, however often it is looked at', async (t) => {
  const { watch, did } = setUp({ live: 75, garbage: 5, waiting: 2 })
  for (let i = 0; i < 10; i++) watch.look()
  t.strictSame(did, [])
})

t.test('it is over when little waits', async (t) => {
  const { watch, did } = setUp({ live: 75, garbage: 0, waiting: 20 })
  for (let i = 0; i < 10; i++) watch.look()
  t.strictSame(did, ['collect', 'relieve', 'collect', 'relieve', 'collect', 'relieve'])
})
