import { Admin } from './admin.js'
import { showOutcome } from './dom.js'
import { GoodsView } from './goods-view.js'
import { NodeView } from './node-view.js'
import { Overview } from './overview.js'
import { PlayersView } from './players-view.js'
import { PlaygroundView } from './playground-view.js'
import { RoomsView } from './rooms-view.js'
import { Router } from './router.js'
import { TailView } from './tail-view.js'
import { Vitals } from './vitals.js'

/** The page, put together: views that know nothing of each other, the server's numbers, and the admin token. */
const admin = new Admin()
const vitals = new Vitals()

vitals.listen((look, trouble) => {
  const node = look?.now.samples('build_info')[0]?.labels['node']
  const text = look === null ? `No numbers. ${trouble}` : `Live${node === undefined ? '' : `, node ${node}`}`
  showOutcome('server-status', look === null ? 'failed' : 'ok', text)
})

const router = new Router({
  overview: new Overview(vitals),
  rooms: new RoomsView(admin),
  players: new PlayersView(admin),
  goods: new GoodsView(admin),
  tail: new TailView(admin, vitals),
  node: new NodeView(admin, vitals),
  playground: new PlaygroundView(),
})
router.start()
vitals.start()
