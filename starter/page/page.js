// The client library, as this server has it. In a project of your own it is the package's drumbeat/play.
import { connect } from '../../client/play.js'

/** Pixels of the canvas for one of the game. */
const SCALE = 10
/** What is drawn beside the field, so that all of a player at its edge is seen. */
const MARGIN = 3
/** How far behind the newest tick is drawn, so that what moves between ticks does so evenly. */
const DELAY_MS = 100
/** Of the players, by their numbers. */
const COLOURS = ['crimson', 'royalblue', 'seagreen', 'darkorchid', 'chocolate', 'darkcyan', 'hotpink', 'slategray']
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

const find = (id) => document.getElementById(id)
const IDS = ['status', 'connection', 'field', 'scores', 'answer', 'dash']
const [status, connection, canvas, scores, answer, dash] = IDS.map(find)
const context = canvas.getContext('2d')
/** Of players who are gone, too. */
const names = new Map()
const apiPathPrefix = document.querySelector('meta[name="api-path-prefix"]').content

async function play() {
  // The page is two folders below the server.
  const url = new URL('../../', location.href).href
  // A guest of this tab's own.
  const client = await connect({ url, apiPathPrefix, namespace: 'public' })
  // It comes back by itself, into the room, too.
  client.on('status', ({ status: what }) => {
    connection.textContent = what === 'reconnecting' ? 'Connection lost, trying again…' : ''
  })
  const room = await client.play('starter', {})
  learnNames(room)
  status.textContent = `You are ${names.get(room.seat)}`
  const view = room.interpolated(DELAY_MS)
  const end = new AbortController()
  const draw = () => {
    if (end.signal.aborted) return
    learnNames(room)
    show(view.at(), room.seat)
    requestAnimationFrame(draw)
  }
  draw()
  takeInput(room, end.signal)
  room.on('status', ({ status: what, why, result }) => {
    if (what === 'over') status.textContent = `${textOfEnd(result?.winner, room.seat)} Reload the page to play again.`
    // Behind `over`, or alone.
    if (what !== 'left') return
    end.abort()
    if (!room.isOver) status.textContent = `You are out of the match (${why ?? 'left'}). Reload the page to play again.`
  })
}

function learnNames({ state, seats }) {
  for (const [id, { number }] of Object.entries(state.players))
    names.set(id, `${seats[id]?.bot ? 'Bot' : 'Player'} ${number}`)
}

function textOfEnd(winner, own) {
  if (winner === undefined) return 'The match was ended.'
  return winner === own ? 'You have won!' : `${names.get(winner) ?? 'Another player'} has won.`
}

function show({ players, coin }, own) {
  const ink = getComputedStyle(document.body).color
  context.clearRect(0, 0, canvas.width, canvas.height)
  disc(coin, 2, 'goldenrod')
  for (const [id, player] of Object.entries(players)) disc(player, 3, colourOf(player), id === own ? ink : undefined)
  const lines = Object.entries(players).map(([id, player]) => [
    colourOf(player),
    `${names.get(id)}${id === own ? ' (you)' : ''}: ${player.coins}`,
  ])
  if (lines.join() === scores.dataset.lines) return
  scores.dataset.lines = lines.join()
  scores.replaceChildren(...lines.map(([colour, text]) => scoreLine(colour, text)))
}

function colourOf({ number }) {
  return COLOURS[(number - 1) % COLOURS.length]
}

function scoreLine(colour, text) {
  const dot = document.createElement('span')
  dot.className = 'dot'
  dot.style.background = colour
  const line = document.createElement('li')
  line.append(dot, text)
  return line
}

/** With a ring, if it has a colour. */
function disc({ x, y }, radius, colour, ring) {
  context.fillStyle = colour
  context.beginPath()
  context.arc((x + MARGIN) * SCALE, (y + MARGIN) * SCALE, radius * SCALE, 0, 2 * Math.PI)
  context.fill()
  if (ring === undefined) return
  context.strokeStyle = ring
  context.lineWidth = SCALE / 2
  context.stroke()
}

/** Sends what the player wants, until the end. */
function takeInput(room, signal) {
  // Each dash is answered. The code is in `details.code`; what the game says it means is the message.
  const tryDash = async () => {
    try {
      await room.send.dash({})
      answer.textContent = ''
    } catch (error) {
      answer.textContent = error.message
    }
  }
  const down = new Set()
  const go = () => {
    const [dx, dy] = [0, 1].map((axis) => [...down].reduce((sum, key) => sum + KEYS[key][axis], 0))
    room.send.run({ dx, dy })
  }
  const press = (event) => {
    const isDash = event.key === ' ' && event.target === document.body
    if (event.repeat || !(isDash || event.key in KEYS)) return
    event.preventDefault()
    if (isDash) return void tryDash()
    down.add(event.key)
    go()
  }
  addEventListener('keydown', press, { signal })
  addEventListener('keyup', (event) => down.delete(event.key) && go(), { signal })
  dash.addEventListener('click', () => void tryDash(), { signal })
  const point = ({ offsetX, offsetY, pointerId }) => {
    canvas.setPointerCapture(pointerId)
    const [x, y] = [offsetX / canvas.clientWidth - 0.5, offsetY / canvas.clientHeight - 0.5]
    room.send.run({ dx: Math.abs(x) < 0.1 ? 0 : Math.sign(x), dy: Math.abs(y) < 0.1 ? 0 : Math.sign(y) })
  }
  canvas.addEventListener('pointerdown', point, { signal })
  for (const up of ['pointerup', 'pointercancel'])
    canvas.addEventListener(up, () => room.send.run({ dx: 0, dy: 0 }), { signal })
}

play().catch((error) => (status.textContent = `There is no match: ${error.message}`))
