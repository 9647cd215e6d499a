import { Admin } from './admin.ts'
import { showOutcome } from './dom.ts'
import { GamesView } from './games-view.ts'
import { GoodsView } from './goods-view.ts'
import { NodeView } from './node-view.ts'
import { Overview } from './overview.ts'
import { PlayersView } from './players-view.ts'
import { PlaygroundView } from './playground-view.ts'
import { RoomsView } from './rooms-view.ts'
import { Router } from './router.ts'
import { SignIn } from './sign-in.ts'
import { TailView } from './tail-view.ts'
import { Vitals } from './vitals.ts'

/** Puts the page together: views that know nothing of each other, the server's metrics, and the admin token. */
// Signing in takes its code from the address, so it must come before the router, which reads the address, too.
const signIn = new SignIn()
const admin = new Admin()
signIn.start(admin)
const vitals = new Vitals()

vitals.listen((look, trouble) => {
  const node = look?.now.samples('build_info')[0]?.labels['node']
  const text = look === null ? `No numbers. ${trouble}` : `Live${node === undefined ? '' : `, node ${node}`}`
  showOutcome('server-status', look === null ? 'failed' : 'ok', text)
})

const router = new Router({
  overview: new Overview(vitals),
  rooms: new RoomsView(admin),
  games: new GamesView(admin, vitals),
  players: new PlayersView(admin),
  goods: new GoodsView(admin),
  tail: new TailView(admin, vitals),
  node: new NodeView(admin, vitals),
  playground: new PlaygroundView(signIn),
})
router.start()
vitals.start()
// Until now clicks would have been lost, so the page was inert.
document.body.inert = false
