import { byId } from '../../console/dom.ts'
import type arena from '../../samples/arena.ts'
import { GOAL } from '../../samples/arena.ts'
import { ignore, Match, show, type RoomOf } from '../match.ts'
import { Controls } from './controls.ts'
import { Field } from './field.ts'
import { Pilot } from './pilot.ts'
import { Scores } from './scores.ts'
import { Shop } from './shop.ts'

/** How far the picture is behind: two ticks, so that there is always a later state to move towards. */
const DELAY_MS = 100
/** Which numbers are interpolated between ticks, besides those of the type `fixed`. */
const MOVING = { 'ships.*.dx': true, 'ships.*.dy': true, 'ships.*.readyAt': false, endsAt: false }

type Room = RoomOf<typeof arena>

const field = new Field(byId('field', HTMLCanvasElement))
const scores = new Scores()
const shop = new Shop()
const account = byId('account', HTMLDetailsElement)

new Match<typeof arena>({
  game: 'arena',
  where: { phase: { in: ['lobby', 'play'] } },
  token: () => byId('token', HTMLInputElement).value.trim(),
  connected(client, isGuest) {
    shop.close()
    if (!isGuest) shop.open(client)
  },
  begin(room, name, signal) {
    if (name !== '') room.send.name({ name }).catch(ignore)
    account.open = false // the token is not asked for again at the end
    shop.begin()
    const view = room.interpolated(DELAY_MS, MOVING)
    const controls = new Controls(signal)
    const pilot = new Pilot(room)
    signal.addEventListener('abort', () => shop.show(undefined))
    addEventListener('blur', () => pilot.stop(), { signal })
    let drawnMs = 0
    room.on('boom', (boom) => field.boom(boom, drawnMs + view.delayMs), { signal })
    const draw = (nowMs: number) => {
      if (signal.aborted) return
      drawnMs = nowMs
      pilot.fly(controls, nowMs)
      field.draw(view.at(), room.seat, nowMs)
      scores.show(room)
      shop.show(room)
      show('time', timeLeft(room))
      show('hint', hintOf(room))
      requestAnimationFrame(draw)
    }
    requestAnimationFrame(draw)
  },
  describeEnd(room) {
    scores.show(room)
    const { ranking } = room.result as { ranking: readonly { id: string; name: string; score: number }[] }
    const [first, second] = ranking
    const isDraw = first?.score === second?.score
    const title = isDraw ? 'A draw' : first?.id === room.seat ? 'You have won!' : `${first?.name} has won`
    return { title, lines: ranking.map(({ name, score }) => `${name}: ${score}`) }
  },
}).offer()

// Shows the empty field until there is a match.
requestAnimationFrame((nowMs) => field.draw({ ships: {}, shots: {} }, null, nowMs))

function hintOf({ state, seat }: Room): string {
  if (state.phase === 'lobby') return 'Waiting. Bots will come in a moment.'
  return state.ships[seat ?? '']?.hp === 0 ? 'You were shot down. Back in a moment…' : ''
}

function timeLeft({ state, clock }: Room): string {
  const goal = `First to ${GOAL}`
  if (state.phase === 'lobby') return goal
  const seconds = Math.max(0, Math.ceil((state.endsAt - clock.nowMs) / 1_000))
  return `${goal} · ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
