const SVG = 'http://www.w3.org/2000/svg'
const POINTS_MAX = 60
const WIDTH = 120
const HEIGHT = 24

/** The last two minutes of a number, as a line from zero to the largest in sight. */
export class Sparkline {
  /** @type {Array<number | null>} oldest first, null where the number was not known */
  #values = []
  #path = document.createElementNS(SVG, 'path')
  svg = document.createElementNS(SVG, 'svg')

  constructor() {
    this.svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    this.svg.setAttribute('preserveAspectRatio', 'none')
    this.svg.setAttribute('class', 'sparkline')
    // The number beside it says the same.
    this.svg.setAttribute('aria-hidden', 'true')
    this.#path.setAttribute('vector-effect', 'non-scaling-stroke')
    this.svg.append(this.#path)
  }

  /** @param {number | null} value */
  add(value) {
    this.#values.push(value)
    if (this.#values.length > POINTS_MAX) this.#values.shift()
    this.#path.setAttribute('d', this.#draw())
  }

  #draw() {
    const top = Math.max(1, ...this.#values.map((value) => value ?? 0))
    const first = POINTS_MAX - this.#values.length
    let isDown = false
    let path = ''
    for (const [index, value] of this.#values.entries()) {
      const x = ((first + index) * WIDTH) / (POINTS_MAX - 1)
      if (value !== null)
        path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${(HEIGHT - 1 - (value * (HEIGHT - 2)) / top).toFixed(1)}`
      isDown = value !== null
    }
    return path
  }
}
