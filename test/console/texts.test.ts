/** What the console makes of what a server says, where that needs no browser. */
import t from 'tap'
import { Scrape } from '../../src/console/metrics.ts'
import { hostsOf } from '../../src/console/processes.ts'
import { valueText } from '../../src/console/tree-text.ts'
import { typeText } from '../../src/console/type-text.ts'
import { t as type } from '../../src/games/index.ts'

t.test('what a room is made with reads as its author has written it', async (t) => {
  const options = type.object({
    map: type.string(32),
    mode: type.optional(type.oneOf('duel', 'team', 2)),
    speed: type.fixed(0, 4, 0.5),
    spots: type.array(type.object({ x: type.uint8(), free: type.boolean() })),
    names: type.record(type.literal(true)),
    more: type.json(),
  })
  t.equal(
    typeText(options),
    '{ map: string(32), mode?: "duel" | "team" | 2, speed: 0 to 4 by 0.5, spots: [{ x: uint8, free: boolean }], names: { [key]: true }, more: any }',
  )
  t.strictSame([null, undefined, 7, {}, type.object({})].map(typeText), ['any', 'any', 'any', 'any', '{}'])
})

t.test(
  'a value is a line: a leaf is whole up to a bound, and of a branch no more is looked at than is shown',
  async (t) => {
    t.strictSame(
      [1.5, 'a "b"', true, null, [], {}, [1, [2], { x: 3 }], { hp: 7, at: { x: 1 }, path: [1, 2] }].map((value) =>
        valueText(value, false),
      ),
      ['1.5', '"a \\"b\\""', 'true', 'null', '[0]', '{0}', '[1, […], {…}]', '{ hp: 7, at: {…}, path: […] }'],
    )
    t.strictSame(
      [{ a: 1, b: 2 }, [1, 2, 3]].map((value) => valueText(value, true)),
      ['{2}', '[3]'],
    )
    t.equal(valueText('x'.repeat(1_000), false).length, 201)
    let asked = 0
    const wide = new Proxy(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key-${i}`, i])), {
      get: (target, key) => {
        asked++
        return Reflect.get(target, key) as unknown
      },
    })
    t.match(valueText(wide, false), /^\{ key-0: 0, key-1: 1, .*, … \}$/)
    t.ok(asked < 20, `${asked} of 1,000 entries were read`)
    t.ok(valueText({ long: 'y'.repeat(300) }, false).length < 300, 'the first entry is there, and cut')
  },
)

t.test('each host has its own ticks and lateness', async (t) => {
  const text = (late: number) =>
    `
drumbeat_process_start_time_seconds{process="primary"} 1
drumbeat_process_start_time_seconds{process="host-10"} 3
drumbeat_process_start_time_seconds{process="host-2"} 2
drumbeat_process_cpu_seconds_total{process="host-2"} ${late / 100}
drumbeat_game_tick_lateness_seconds_bucket{le="0.01",process="host-2"} 100
drumbeat_game_tick_lateness_seconds_bucket{le="0.02",process="host-2"} ${100 + late}
drumbeat_game_tick_lateness_seconds_bucket{le="+Inf",process="host-2"} ${100 + late}
drumbeat_game_tick_lateness_seconds_bucket{le="0.01",process="host-10"} ${late}
drumbeat_game_tick_lateness_seconds_bucket{le="0.02",process="host-10"} ${late}
drumbeat_game_tick_lateness_seconds_bucket{le="+Inf",process="host-10"} ${late}
`
  const hosts = hostsOf({ now: new Scrape(text(50), 1_000), before: new Scrape(text(0), 0) })
  t.match(hosts, [
    { name: 'host-2', startedMs: 2_000, cpu: 50 },
    { name: 'host-10', startedMs: 3_000, cpu: null },
  ])
  const rounded = hosts.map(({ lateness }) => Math.round(lateness.get('p50') ?? NaN))
  t.strictSame(rounded, [15, 5])
  t.strictSame(
    hosts.map(({ tick }) => tick.get('p99')),
    [null, null],
    'none was measured',
  )
})
