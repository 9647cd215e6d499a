/** The clock of the server, as a client has it. */
import t from 'tap'
import { Clock } from '../../src/client/clock.ts'

/** A machine whose clock is moved by hand. */
class Machine {
  nowMs = 1_000_000
  readonly clock = new Clock(() => this.nowMs)

  /** Asks a server whose clock is so far ahead; both ways take half of the time. */
  ask(aheadMs: number, roundTripMs: number): void {
    const askedAtMs = this.nowMs
    this.nowMs += roundTripMs
    this.clock.answered(askedAtMs, askedAtMs + roundTripMs / 2 + aheadMs)
  }

  get aheadMs(): number {
    return this.clock.nowMs - this.nowMs
  }
}

t.test('before the first answer it is the machine’s, and then the server’s at once', (t) => {
  const machine = new Machine()
  t.equal(machine.aheadMs, 0)
  t.equal(machine.clock.roundTripMs, 0)
  machine.ask(700, 40)
  t.equal(machine.aheadMs, 700)
  t.equal(machine.clock.roundTripMs, 40)
  t.end()
})

t.test('the quickest answer is believed, and the clock is moved there without going back', (t) => {
  const machine = new Machine()
  machine.ask(100, 200)
  t.equal(machine.aheadMs, 100)
  machine.ask(60, 20)
  machine.ask(150, 300)
  t.equal(machine.clock.roundTripMs, 20)
  let before = machine.clock.nowMs
  for (let i = 0; i < 100; i++) {
    machine.nowMs += 10
    const now = machine.clock.nowMs
    t.ok(now - before >= 9 && now - before <= 11, `${now - before} of 10 ms`)
    before = now
  }
  t.equal(machine.aheadMs, 60)
  t.end()
})

t.test('a machine whose clock was set is not believed what it had measured before', (t) => {
  const machine = new Machine()
  machine.ask(50, 10)
  t.equal(machine.aheadMs, 50)
  machine.nowMs += 3_600_000
  machine.ask(50 - 3_600_000, 30)
  t.equal(machine.aheadMs, 50 - 3_600_000)
  t.equal(machine.clock.roundTripMs, 30)
  t.end()
})

t.test('only the last answers count', (t) => {
  const machine = new Machine()
  machine.ask(50, 10)
  for (let i = 0; i < 8; i++) machine.ask(50, 90)
  t.equal(machine.clock.roundTripMs, 90)
  t.end()
})
