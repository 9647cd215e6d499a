import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { LineOutput, openNonBlocking } from '../../src/base/line-output.ts'
import { createLog } from '../../src/base/log.ts'
import { until } from '../helpers/until.ts'

function toDescriptor(fd: number, bytesMax?: number): LineOutput {
  return new LineOutput({ write: (bytes) => writeSync(fd, bytes), ...(bytesMax === undefined ? {} : { bytesMax }) })
}

/** An output whose writes fail with the code that stands there. */
function failing() {
  const disk: { code: string | undefined; partBytes: number; text: string } = {
    code: undefined,
    partBytes: 0,
    text: '',
  }
  const output = new LineOutput({
    write: (bytes) => {
      if (disk.code === undefined) {
        disk.text += bytes.toString()
        return bytes.length
      }
      if (disk.partBytes === 0) throw Object.assign(new Error('no'), { code: disk.code })
      const { partBytes } = disk
      disk.text += bytes.toString('utf8', 0, partBytes)
      disk.partBytes = 0
      return partBytes
    },
  })
  return { disk, output }
}

t.test('a line that a full disk does not take is lost and counted, and nothing is thrown', async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(fd))
  const output = toDescriptor(fd)
  const reasons: string[] = []
  output.onLoss = (reason) => reasons.push(reason)
  for (let i = 0; i < 10; i++) output.write('a line\n')
  t.equal(output.lost, 10)
  t.strictSame(reasons, ['ENOSPC'], 'said once')
})

t.test('when it works again, the log says how many lines were lost', async (t) => {
  const { disk, output } = failing()
  const log = createLog({ level: 'info', pretty: false, bindings: {}, output })
  log.info('one')
  disk.code = 'ENOSPC'
  for (let i = 0; i < 3; i++) log.info('lost')
  disk.code = undefined
  log.info('two')
  log.info('three')
  const lines = disk.text.trimEnd().split('\n')
  t.match(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ msg: 'one' }, { msg: 'two' }, { msg: /log lines were lost/, lost: 3, level: 40 }, { msg: 'three' }],
  )
  t.equal(output.lost, 3)
})

t.test('a line that was written in part does not spoil the next one', async (t) => {
  const { disk, output } = failing()
  Object.assign(disk, { code: 'ENOSPC', partBytes: 4 })
  output.write('0123456789\n')
  disk.code = undefined
  output.write('next\n')
  t.equal(disk.text, '0123\nnext\n')
  t.equal(output.lost, 1)
})

t.test('a pipe that nobody reads does not stop the writer: lines wait up to a bound, and come in order', async (t) => {
  const fifo = path.join(t.testdir(), 'fifo')
  t.equal(spawnSync('mkfifo', [fifo]).status, 0)
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const blocking = openSync(fifo, constants.O_WRONLY)
  const fd = openNonBlocking(blocking)
  t.teardown(() => [reader, blocking, fd].forEach((one) => closeSync(one)))
  const output = toDescriptor(fd, 100_000)
  const backs: number[] = []
  output.onBack = (lost) => backs.push(lost)
  const lineOf = (i: number) => `${String(i).padStart(999, '0')}\n`
  const count = 1000
  for (let i = 0; i < count; i++) output.write(lineOf(i))
  t.ok(output.lost > 0 && output.lost < count, `${output.lost} lost`)

  let text = ''
  const buffer = Buffer.alloc(100_000)
  const read = () => {
    try {
      text += buffer.toString('latin1', 0, readSync(reader, buffer))
    } catch {
      // it is empty for now
    }
    return text.length >= (count - output.lost) * 1000
  }
  t.ok(await until(read))
  const lines = text.trimEnd().split('\n').map(Number)
  t.strictSame(
    lines,
    Array.from({ length: count - output.lost }, (_, i) => i),
  )
  t.strictSame(backs, [output.lost])
})

t.test('a pipe whose reader is gone loses lines, and no more', async (t) => {
  const fifo = path.join(t.testdir(), 'fifo')
  t.equal(spawnSync('mkfifo', [fifo]).status, 0)
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const fd = openNonBlocking(openSync(fifo, constants.O_WRONLY))
  const output = toDescriptor(fd)
  const reasons: string[] = []
  output.onLoss = (reason) => reasons.push(reason)
  output.write('read\n')
  closeSync(reader)
  output.write('lost\n')
  output.write('lost\n')
  t.equal(output.lost, 2)
  t.strictSame(reasons, ['EPIPE'])
})

t.test('lines for people are as pino-pretty makes them', async (t) => {
  const { disk, output } = failing()
  createLog({ level: 'info', pretty: true, bindings: { node: 'n1' }, output }).info({ port: 1 }, 'listening')
  t.match(disk.text, /INFO.*listening/)
  t.match(disk.text, /port.*1/)
})
