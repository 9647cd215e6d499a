// The client library, as this server has it. In a project of your own it is the package's drumbeat/play.
import { connect } from '../../client/play.js'

/** Pixels of the canvas for one of the game. */
const SCALE = 10
/** How far behind the newest tick is drawn, so that what moves between ticks does so evenly. */
const DELAY_MS = 100
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

const find = (id) => document.getElementById(id)
const [status, canvas, scores] = ['status', 'field', 'scores'].map(find)
const context = canvas.getContext('2d')
const apiPathPrefix = document.querySelector('meta[name="api-path-prefix"]').content

async function play() {
  // The page is two folders below the server.
  const url = new URL('../../', location.href).href
  // A guest of this tab's own.
  const client = await connect({ url, apiPathPrefix, namespace: 'public' })
  const room = await client.play('starter', {})
  status.textContent = `You are ${room.seat}`
  const view = room.interpolated(DELAY_MS)
  const end = new AbortController()
  const draw = () => {
    if (end.signal.aborted) return
    show(view.at(), room.seat)
    requestAnimationFrame(draw)
  }
  draw()
  takeInput((dx, dy) => room.send.run({ dx, dy }), end.signal)
  room.on('status', ({ status: what, why, result }) => {
    if (what === 'over') status.textContent = `${result?.winner ?? 'Nobody'} has won. Reload the page to play again.`
    // Behind `over`, or alone.
    if (what !== 'left') return
    end.abort()
    if (!room.isOver) status.textContent = `You are out of the match (${why ?? 'left'}). Reload the page to play again.`
  })
}

function show({ players, coin }, own) {
  const ink = getComputedStyle(document.body).color
  context.clearRect(0, 0, canvas.width, canvas.height)
  disc(coin, 2, 'goldenrod')
  for (const [id, player] of Object.entries(players)) disc(player, 3, id === own ? 'crimson' : ink)
  const lines = Object.entries(players).map(([id, { coins }]) => `${id}: ${coins}`)
  if (lines.join() === scores.dataset.lines) return
  scores.dataset.lines = lines.join()
  scores.replaceChildren(...lines.map((text) => Object.assign(document.createElement('li'), { textContent: text })))
}

function disc({ x, y }, radius, colour) {
  context.fillStyle = colour
  context.beginPath()
  context.arc(x * SCALE, y * SCALE, radius * SCALE, 0, 2 * Math.PI)
  context.fill()
}

/** Calls `run` with the direction in which the player wants to go, until the end. */
function takeInput(run, signal) {
  const down = new Set()
  const go = () => {
    const [dx, dy] = [0, 1].map((axis) => [...down].reduce((sum, key) => sum + KEYS[key][axis], 0))
    run(dx, dy)
  }
  const press = (event) => {
    if (!(event.key in KEYS) || event.repeat) return
    event.preventDefault()
    down.add(event.key)
    go()
  }
  addEventListener('keydown', press, { signal })
  addEventListener('keyup', (event) => down.delete(event.key) && go(), { signal })
  const point = ({ offsetX, offsetY, pointerId }) => {
    canvas.setPointerCapture(pointerId)
    const [x, y] = [offsetX / canvas.clientWidth - 0.5, offsetY / canvas.clientHeight - 0.5]
    run(Math.abs(x) < 0.1 ? 0 : Math.sign(x), Math.abs(y) < 0.1 ? 0 : Math.sign(y))
  }
  canvas.addEventListener('pointerdown', point, { signal })
  for (const up of ['pointerup', 'pointercancel']) canvas.addEventListener(up, () => run(0, 0), { signal })
}

play().catch((error) => (status.textContent = `There is no match: ${error.message}`))
