import t from 'tap'
import { CANARY, controlRecord, followControl } from '../../src/hub/control.ts'

interface Rung {
  readonly kind: 'rung'
  readonly times: number
}

t.test('a control record goes to the handler of its kind, and one of a kind that nobody knows is passed over', (t) => {
  let give: (body: Uint8Array) => void = () => {}
  const rung: number[] = []
  const hub = { takeControl: (onControl: typeof give) => void (give = onControl) }
  followControl<Rung>(hub, { rung: ({ times }) => void rung.push(times) })
  const record: Rung = { kind: 'rung', times: 3 }
  for (const { body } of [controlRecord(record), CANARY, controlRecord({ kind: 'constructor' })]) give(body)
  t.strictSame(rung, [3])
  t.end()
})
