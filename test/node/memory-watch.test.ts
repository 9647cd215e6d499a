import t from 'tap'
import { createMemoryWatch, MemoryWatch, memoryState } from '../../src/node/memory-watch.ts'
import { NO_LOG } from '../helpers/no-log.ts'

t.test('what is short stays so until it is well below', async (t) => {
  const shares = [0.5, 0.79, 0.8, 0.76, 0.9, 0.85, 0.75, 0.74, 0.79, 0.95, 0.1]
  let state = memoryState(0, 'enough')
  const states = shares.map((share) => (state = memoryState(share, state)))
  t.strictSame(states.join(' '), 'enough enough short short critical short short enough enough critical enough')
})

function watch(limitBytes = 1000) {
  const now = { ms: 0, usedBytes: 0 as number | undefined }
  const told: string[] = []
  const memory = new MemoryWatch({
    limitBytes,
    readBytes: () => now.usedBytes,
    clock: { nowMs: () => now.ms, wallMs: () => now.ms },
    log: NO_LOG,
    onShort: (short) => void told.push(short ? 'short' : 'enough'),
    relieve: (closeSlow) => void told.push(closeSlow ? 'close' : 'collect'),
  })
  const look = (usedBytes: number | undefined) => {
    now.ms += 1_000
    now.usedBytes = usedBytes
    memory.look()
    return told.splice(0).join(' ')
  }
  return { memory, look }
}

t.test('garbage is collected first, and connections are closed where that was not enough', async (t) => {
  const { memory, look } = watch()
  t.equal(look(500), '')
  t.match(memory.part, { part: 'memory', ok: true })
  t.equal(look(950), 'short collect')
  t.match(memory.part, { ok: false, reason: /new connections are refused/ })
  t.equal(look(950), '', 'that takes its time')
  t.equal(look(950), 'close')
  t.equal(look(760), '', 'not critical any more')
  t.equal(look(740), 'enough')
  t.match(memory.part, { ok: true })
  t.equal(look(800), 'short collect', 'again')
})

t.test('without a limit, or where the system does not tell, nothing is done', async (t) => {
  t.equal(watch(0).look(1e12), '')
  t.match(watch(0).memory.part, { ok: true, reason: 'no limit' })
  t.equal(watch().look(undefined), '')
})

t.test('what closed connections left behind is collected soon, as newcomers are refused until then', async (t) => {
  const { look } = watch()
  t.strictSame([950, 950, 950].map(look), ['short collect', '', 'close'])
  t.strictSame([760, 760, 760, 760, 760].map(look), ['', '', '', '', 'collect'])
})

t.test(
  'when it is critical, workers close slow readers, and what is held only in case it is wanted is let go',
  async (t) => {
    const done: string[] = []
    const note = (what: string) => () => void done.push(what)
    let nowMs = 0
    const parts = {
      settings: { MEMORY_LIMIT: 1000 },
      clock: { nowMs: () => nowMs, wallMs: () => nowMs },
      log: NO_LOG,
      hub: { halveHistory: note('history') },
      ledger: { forgetRecords: note('records') },
      sessions: { forgetOlderHalf: note('sessions') },
    } as unknown as Parameters<typeof createMemoryWatch>[0]
    const workers = {
      pids: [1, 2],
      tellAll: (method: string, args: unknown) => void done.push(`${method} ${JSON.stringify(args)}`),
    }
    const memory = createMemoryWatch(parts, workers, (pids) => pids.length * 310)
    memory.look()
    t.strictSame(done.splice(0), ['memoryShort {"short":true}', 'relieve {"closeSlow":false}'])
    nowMs += 2_000
    memory.look()
    t.strictSame(done, ['relieve {"closeSlow":true}', 'history', 'records', 'sessions'])
  },
)
