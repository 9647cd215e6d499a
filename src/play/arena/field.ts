import type arena from '../../samples/arena.ts'
import { HP_MAX, SHIP_RADIUS, SIZE } from '../../samples/arena.ts'
import type { RoomOf } from '../match.ts'

type State = RoomOf<typeof arena>['state']
type Ship = State['ships'][string]
type Shot = State['shots'][string]

/** A name's place, in units: its middle and its line. */
interface Label {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly half: number
}

interface Boom {
  readonly x: number
  readonly y: number
  readonly color: number
}

const BOOM_MS = 700
const SPARKS = 12
const CELLS = 8
/** The ring around a ship is wider than the ship, which may touch the edge of the field. */
const MARGIN = 8
const NAME_PX = 12
const LINE_HEIGHT = 1.2
const SHOT_LENGTH = 16
const TURN = 2 * Math.PI
/** A third of a circle for each, with a gap. */
const HP_ARC = TURN / HP_MAX
const HP_GAP = 0.25

/** Draws the picture. All but the names is in the game's units. */
export class Field {
  readonly #canvas: HTMLCanvasElement
  readonly #pen: CanvasRenderingContext2D
  readonly #booms: (Boom & { readonly atMs: number })[] = []
  #colors = new Map<string, string>()

  constructor(canvas: HTMLCanvasElement) {
    const pen = canvas.getContext('2d')
    if (!pen) throw new Error('this browser cannot draw on a canvas')
    this.#canvas = canvas
    this.#pen = pen
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#colors.clear())
  }

  /** Shows that a ship was shot down, from `atMs` on by the time of frames. */
  boom(boom: Boom, atMs: number): void {
    this.#booms.push({ ...boom, atMs })
  }

  /** @param own the seat whose ship is marked */
  draw({ ships, shots }: Pick<State, 'ships' | 'shots'>, own: string | null, nowMs: number): void {
    const pen = this.#pen
    const scale = this.#fit()
    pen.setTransform(scale, 0, 0, scale, MARGIN * scale, MARGIN * scale)
    pen.fillStyle = this.#color('--field')
    pen.fillRect(-MARGIN, -MARGIN, SIZE + 2 * MARGIN, SIZE + 2 * MARGIN)
    this.#drawGrid()
    for (const shot of Object.values(shots)) this.#drawShot(shot)
    const flying = Object.entries(ships).filter(([, { hp }]) => hp > 0)
    for (const [id, ship] of flying) this.#drawShip(ship, id === own)
    this.#drawNames(flying, own, scale)
    this.#drawBooms(nowMs)
  }

  /** Gives the canvas as many pixels as the screen has. Returns how many of them a unit takes. */
  #fit(): number {
    const width = Math.round(this.#canvas.clientWidth * devicePixelRatio)
    if (width > 0 && this.#canvas.width !== width) this.#canvas.width = this.#canvas.height = width
    return this.#canvas.width / (SIZE + 2 * MARGIN)
  }

  /** A color of the style sheet, which knows light and dark mode. */
  #color(name: string): string {
    const known = this.#colors.get(name)
    if (known !== undefined) return known
    const color = getComputedStyle(this.#canvas).getPropertyValue(name)
    this.#colors.set(name, color)
    return color
  }

  #drawGrid(): void {
    const pen = this.#pen
    pen.strokeStyle = this.#color('--grid')
    pen.lineWidth = 1
    pen.beginPath()
    for (let i = 1; i < CELLS; i++) {
      const at = (i * SIZE) / CELLS
      pen.moveTo(at, -MARGIN)
      pen.lineTo(at, SIZE + MARGIN)
      pen.moveTo(-MARGIN, at)
      pen.lineTo(SIZE + MARGIN, at)
    }
    pen.stroke()
  }

  #drawShot({ x, y, dx, dy, color }: Shot): void {
    const pen = this.#pen
    const back = SHOT_LENGTH / Math.hypot(dx, dy)
    pen.strokeStyle = this.#color(`--ship-${color}`)
    pen.lineWidth = 5
    pen.lineCap = 'round'
    pen.beginPath()
    pen.moveTo(x, y)
    pen.lineTo(x - dx * back, y - dy * back)
    pen.stroke()
  }

  #drawShip({ x, y, dx, dy, hp, color, isGolden, isMoving }: Ship, isOwn: boolean): void {
    const pen = this.#pen
    const r = SHIP_RADIUS
    pen.save()
    pen.translate(x, y)
    this.#drawHp(hp, color, isOwn)
    pen.rotate(Math.atan2(dy, dx))
    if (isMoving) this.#fill('--flame', [-0.5, 0.3], [-1.2, 0], [-0.5, -0.3])
    this.#fill(isGolden ? '--gold' : `--ship-${color}`, [0.95, 0], [-0.7, 0.68], [-0.4, 0], [-0.7, -0.68])
    if (isOwn || isGolden) {
      pen.strokeStyle = this.#color(isOwn ? '--ink' : `--ship-${color}`)
      pen.lineWidth = r / 8
      pen.stroke()
    }
    pen.restore()
  }

  /** A polygon around the ship's middle. The unit is the ship's radius. */
  #fill(color: string, ...corners: readonly (readonly [x: number, y: number])[]): void {
    const pen = this.#pen
    pen.fillStyle = this.#color(color)
    pen.beginPath()
    for (const [x, y] of corners) pen.lineTo(x * SHIP_RADIUS, y * SHIP_RADIUS)
    pen.closePath()
    pen.fill()
  }

  /** Draws a part of a ring for each hit that the ship can still take. Lost parts are pale. */
  #drawHp(hp: number, color: number, isOwn: boolean): void {
    const pen = this.#pen
    pen.lineCap = 'round'
    pen.lineWidth = isOwn ? 4 : 3
    for (let i = 0; i < HP_MAX; i++) {
      const from = i * HP_ARC - TURN / 4 + HP_GAP / 2
      pen.strokeStyle = this.#color(i < hp ? `--ship-${color}` : '--grid')
      pen.beginPath()
      pen.arc(0, 0, SHIP_RADIUS + 4, from, from + HP_ARC - HP_GAP)
      pen.stroke()
    }
  }

  /**
   * Names are below the ships, or above those at the lower edge. If they would overlap, they get several lines, with the player's
   * own name next to its ship.
   */
  #drawNames(ships: readonly (readonly [id: string, Ship])[], own: string | null, scale: number): void {
    const pen = this.#pen
    const size = (NAME_PX * devicePixelRatio) / scale
    pen.font = `600 ${size}px system-ui, sans-serif`
    pen.textAlign = 'center'
    pen.lineJoin = 'round'
    pen.lineWidth = size / 4
    pen.strokeStyle = this.#color('--field')
    pen.fillStyle = this.#color('--ink')
    const drawn: Label[] = []
    for (const [, ship] of ships.toSorted(([a], [b]) => Number(b === own) - Number(a === own))) {
      const label = this.#place(ship, size, drawn)
      drawn.push(label)
      pen.strokeText(label.name, label.x, label.y)
      pen.fillText(label.name, label.x, label.y)
    }
  }

  /** Finds a place without another name. */
  #place({ x, y, name }: Ship, size: number, others: readonly Label[]): Label {
    const half = this.#pen.measureText(name).width / 2
    const middle = Math.max(half + 2, Math.min(SIZE - half - 2, x))
    const line = size * LINE_HEIGHT
    const step = y > SIZE - SHIP_RADIUS - 2 * size ? -line : line
    let at = step < 0 ? y - SHIP_RADIUS - size : y + SHIP_RADIUS + 1.5 * size
    const isTaken = (other: Label) => Math.abs(other.x - middle) < other.half + half && Math.abs(other.y - at) < line
    while (others.some(isTaken)) at += step
    return { name, x: middle, y: at, half }
  }

  #drawBooms(nowMs: number): void {
    const pen = this.#pen
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    while (this.#booms[0] && nowMs - this.#booms[0].atMs > BOOM_MS) this.#booms.shift()
    for (const { x, y, color, atMs } of this.#booms) {
      const share = (nowMs - atMs) / BOOM_MS
      if (share < 0) continue
      pen.globalAlpha = 1 - share
      pen.strokeStyle = pen.fillStyle = this.#color(`--ship-${color}`)
      pen.lineWidth = 4
      pen.beginPath()
      pen.arc(x, y, SHIP_RADIUS * (isStill ? 1.5 : 0.5 + 2 * share), 0, TURN)
      pen.stroke()
      for (let i = 0; i < (isStill ? 0 : SPARKS); i++) {
        const way = SHIP_RADIUS * (1 + (i % 3)) * 1.2 * share
        pen.beginPath()
        pen.arc(x + Math.cos((i * TURN) / SPARKS) * way, y + Math.sin((i * TURN) / SPARKS) * way, 3, 0, TURN)
        pen.fill()
      }
      pen.globalAlpha = 1
    }
  }
}
