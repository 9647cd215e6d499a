import { byId } from '../../console/dom.ts'

export interface Direction {
  /** -127 to 127. */
  readonly dx: number
  readonly dy: number
}

export const NOWHERE: Direction = { dx: 0, dy: 0 }

const FULL = 127
/** How many pixels a thumb has to move until it counts, and until it counts fully. */
const DEAD_PX = 8
const REACH_PX = 44

const KEYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  KeyA: [-1, 0],
  ArrowRight: [1, 0],
  KeyD: [1, 0],
  ArrowUp: [0, -1],
  KeyW: [0, -1],
  ArrowDown: [0, 1],
  KeyS: [0, 1],
}
const FIRE_KEY = 'Space'

/** What the player wants, by keys, by touch, or by dragging the mouse over the field. */
export class Controls {
  readonly #keys = new Set<string>()
  readonly #knob = byId('knob', HTMLElement)
  #pull = NOWHERE
  #isPressed = false

  constructor(signal: AbortSignal) {
    addEventListener('keydown', (event) => this.#keyDown(event), { signal })
    addEventListener('keyup', ({ code }) => this.#keys.delete(code), { signal })
    addEventListener('blur', () => this.#letGo(), { signal })
    signal.addEventListener('abort', () => this.#letGo())
    const fire = byId('fire', HTMLButtonElement)
    fire.addEventListener('pointerdown', () => (this.#isPressed = true), { signal })
    for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
      fire.addEventListener(name, () => (this.#isPressed = false), { signal })
    }
    // A long press must not open a menu.
    for (const id of ['fire', 'stick', 'field']) {
      byId(id, HTMLElement).addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
    }
    for (const id of ['stick', 'field']) this.#pullAt(byId(id, HTMLElement), signal)
  }

  get direction(): Direction {
    const pressed = [...this.#keys].map((code) => KEYS[code] ?? [0, 0])
    const [x, y] = pressed.reduce(([x, y], [dx, dy]) => [x + dx, y + dy], [0, 0])
    return pressed.length === 0 ? this.#pull : { dx: Math.sign(x) * FULL, dy: Math.sign(y) * FULL }
  }

  get isFiring(): boolean {
    return this.#isPressed || this.#keys.has(FIRE_KEY)
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return
    if (!(event.code in KEYS) && event.code !== FIRE_KEY) return
    event.preventDefault() // otherwise the page would scroll
    this.#keys.add(event.code)
  }

  /** From where the pointer came down to where it is now. */
  #pullAt(area: HTMLElement, signal: AbortSignal): void {
    let start: PointerEvent | undefined
    const down = (event: PointerEvent) => {
      start ??= event
      area.setPointerCapture(event.pointerId)
    }
    const move = (event: PointerEvent) => {
      if (event.pointerId === start?.pointerId)
        this.#pullTo(event.clientX - start.clientX, event.clientY - start.clientY)
    }
    const end = (event: PointerEvent) => {
      if (event.pointerId !== start?.pointerId) return
      start = undefined
      this.#pullTo(0, 0)
    }
    area.addEventListener('pointerdown', down, { signal })
    area.addEventListener('pointermove', move, { signal })
    area.addEventListener('pointerup', end, { signal })
    area.addEventListener('pointercancel', end, { signal })
  }

  #pullTo(x: number, y: number): void {
    const way = Math.hypot(x, y)
    const share = Math.min(1, REACH_PX / Math.max(1, way))
    this.#knob.style.transform = `translate(${x * share}px, ${y * share}px)`
    const scale = FULL / Math.max(1, way)
    this.#pull = way < DEAD_PX ? NOWHERE : { dx: Math.round(x * scale), dy: Math.round(y * scale) }
  }

  #letGo(): void {
    this.#keys.clear()
    this.#isPressed = false
    this.#pullTo(0, 0)
  }
}
