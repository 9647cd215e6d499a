/**
 * The cost of sending clients the changes of a state with moving entities: `npm run bench -- patches`. Compares it with
 * @colyseus/schema and the same entities, in the same process, by turns. Look at the ratios: other load on the machine slows all
 * of them alike.
 */
import { Decoder, Encoder, MapSchema, schema, t as theirTypes } from '@colyseus/schema'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { compileFunction } from 'node:vm'
import { applyBinaryPatch } from '../src/games/sync/apply-binary.ts'
import { applyMergePatch } from '../src/games/sync/apply-merge.ts'
import { binaryPatchOf } from '../src/games/sync/binary-patch.ts'
import { compileShapes } from '../src/games/sync/compiled-update.ts'
import { mergePatchOf } from '../src/games/sync/merge-patch.ts'
import { shapeOf, type Tree } from '../src/games/sync/shape.ts'
import { t, type ValueOf } from '../src/games/types.ts'
import { describeMachine, readVersions } from './machine.ts'

const RESULT = resolve(import.meta.dirname, 'results/patches.md')
const CASES = [
  { moving: 1, of: 100 },
  { moving: 10, of: 100 },
  { moving: 50, of: 100 },
  { moving: 100, of: 100 },
  { moving: 100, of: 1000 },
] as const
const TICKS = 6000
const WARM_UP = 2000
const SIZE = 1024
/** The longest move in one tick: at 20 ticks, 160 a second. */
const STEP_MAX = 8

const STATE = t.object({ ships: t.map(t.object({ x: t.fixed(0, SIZE, 1 / 100), y: t.fixed(0, SIZE, 1 / 100) })) })
// As a host does.
compileShapes((parameters, body): unknown => compileFunction(body, parameters))
const shape = shapeOf(STATE)
// The smallest type that Colyseus has for such numbers: 16 bits, in steps of 1/64.
const coordinate = () => theirTypes.quantized({ min: 0, max: SIZE })
const Ship = schema({ x: coordinate(), y: coordinate() }, 'Ship')
const Arena = schema({ ships: theirTypes.map(Ship) }, 'Arena')

interface Point {
  x: number
  y: number
}

/** Entities that move in a direction of their own until they meet a wall. */
class Course {
  readonly #moving: readonly number[]
  readonly #steps: Point[]
  readonly places: Point[]

  constructor({ moving, of }: { readonly moving: number; readonly of: number }) {
    const random = randomOf(of + moving)
    const coordinate = () => Math.round(random() * SIZE * 100) / 100
    this.places = Array.from({ length: of }, () => ({ x: coordinate(), y: coordinate() }))
    this.#steps = this.places.map(() => {
      const [angle, step] = [random() * 2 * Math.PI, random() * STEP_MAX]
      return { x: Math.cos(angle) * step, y: Math.sin(angle) * step }
    })
    const order = this.places.map((_place, i) => ({ i, at: random() })).sort((a, b) => a.at - b.at)
    this.#moving = order.slice(0, moving).map(({ i }) => i)
  }

  /** The next places, in hundredths, the same for all candidates. */
  next(): readonly number[] {
    for (const i of this.#moving) {
      const [place, step] = [this.places[i], this.#steps[i]]
      if (!place || !step) continue
      for (const axis of ['x', 'y'] as const) {
        if (place[axis] + step[axis] < 0 || place[axis] + step[axis] > SIZE) step[axis] = -step[axis]
        place[axis] = Math.round((place[axis] + step[axis]) * 100) / 100
      }
    }
    return this.#moving
  }
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Times in microseconds, and bytes. There is a value for each tick. */
class Samples {
  readonly #lists = new Map<string, number[]>()

  time<T>(name: string, run: () => T): T {
    const start = process.hrtime.bigint()
    const result = run()
    this.add(name, Number(process.hrtime.bigint() - start) / 1000)
    return result
  }

  add(name: string, value: number): void {
    const list = this.#lists.get(name)
    if (list) list.push(value)
    else this.#lists.set(name, [value])
  }

  median(name: string): number {
    const list = (this.#lists.get(name) ?? []).slice(WARM_UP).sort((a, b) => a - b)
    return list[list.length >> 1] ?? Number.NaN
  }
}

function measure(of: (typeof CASES)[number]): Samples {
  const samples = new Samples()
  const course = new Course(of)
  const ids = course.places.map((_place, i) => `player-${i}`)
  let live: ValueOf<typeof STATE> = { ships: {} }
  const arena = new Arena()
  arena.ships = new MapSchema<InstanceType<typeof Ship>>()
  course.places.forEach(({ x, y }, i) => {
    live.ships[ids[i] ?? ''] = { x, y }
    const ship = new Ship()
    Object.assign(ship, { x, y })
    arena.ships.set(ids[i] ?? '', ship)
  })
  let tree = shape.freeze(undefined, live)
  const encoder = new Encoder(arena)
  const theirs = new Arena()
  const decoder = new Decoder(theirs)
  decoder.decode(encoder.encodeAll().slice())
  encoder.discardChanges()
  let json: unknown = JSON.parse(mergePatchOf(shape, undefined, tree))
  let binary = applyBinaryPatch(STATE, undefined, binaryPatchOf(shape, undefined, tree))
  for (let tick = 0; tick < TICKS + WARM_UP; tick++) {
    const moving = course.next()
    // As a room does once a second.
    if (tick % 20 === 0) live = samples.time('thaw', () => shape.thaw(tree))
    samples.time('assign', () => {
      for (const i of moving) Object.assign(live.ships[ids[i] ?? ''] ?? {}, course.places[i])
    })
    const before: Tree = tree
    tree = samples.time('freeze', () => shape.freeze(before, live))
    const bytes = samples.time('binary', () => binaryPatchOf(shape, before, tree))
    samples.add('binary bytes', bytes.length)
    binary = samples.time('apply binary', () => applyBinaryPatch(STATE, binary, bytes))
    const text = samples.time('json', () => mergePatchOf(shape, before, tree))
    samples.add('json bytes', text.length)
    json = samples.time('apply json', () => applyMergePatch(json, JSON.parse(text)))

    samples.time('assign colyseus', () => {
      for (const i of moving) Object.assign(arena.ships.get(ids[i] ?? '') ?? {}, course.places[i])
    })
    const encoded = samples.time('colyseus', () => {
      const encoded = encoder.encode().slice()
      encoder.discardChanges()
      return encoded
    })
    samples.add('colyseus bytes', encoded.length)
    samples.time('apply colyseus', () => decoder.decode(encoded))
  }
  return samples
}

function report(): string {
  const { cpu, cores, loadAverage } = describeMachine()
  const rows = CASES.map((of) => {
    const samples = measure(of)
    const m = (name: string) => samples.median(name)
    const [ours, json] = [m('freeze') + m('binary'), m('freeze') + m('json')]
    const theirs = m('colyseus') + m('assign colyseus') - m('assign')
    const us = (value: number) => value.toFixed(1)
    return [
      `${of.moving} of ${of.of}`,
      us(m('freeze')),
      us(ours),
      us(json),
      us(theirs),
      (ours / theirs).toFixed(2),
      (json / theirs).toFixed(2),
      ...['binary bytes', 'json bytes', 'colyseus bytes'].map((name) => m(name)),
      ...['apply binary', 'apply json', 'apply colyseus'].map((name) => us(m(name))),
    ].join(' | ')
  })
  const { node, drumbeat, '@colyseus/schema': colyseus } = readVersions(['@colyseus/schema'])
  return [
    '### patches: what a tick of moving entities costs',
    '',
    `Medians of ${TICKS} ticks, in microseconds and bytes. Entities are in a map and have x and y, at hundredths of 0 to 1,024; they move up to ${STEP_MAX} a tick.`,
    'Ours: freeze the live state, then encode what differs. Colyseus: encode and discard the changes; what its setters take more than plain assignments is added.',
    '',
    '| moving | freeze | freeze + binary | freeze + JSON | Colyseus | binary / Colyseus | JSON / Colyseus | bytes: binary | JSON | Colyseus | apply: binary | JSON | Colyseus |',
    `|${' --- |'.repeat(13)}`,
    ...rows.map((row) => `| ${row} |`),
    '',
    `drumbeat ${drumbeat}, @colyseus/schema ${colyseus}, Node ${node}; ${cores} cores of ${cpu}, load average ${loadAverage.toFixed(1)}.`,
    '',
  ].join('\n')
}

const text = report()
process.stdout.write(text)
writeFileSync(RESULT, text)
