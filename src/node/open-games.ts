import { matchKey } from '../ledger/keys.ts'
import { purchasesAfter, readHoldings } from '../ledger/player-ledger.ts'
import { withGoodsMax, type Holdings } from '../placement/holdings.ts'
import { Placement } from '../placement/placement.ts'
import type { Match, UnpaidReward } from '../placement/rewards.ts'
import type { PlacementOptions, Workers } from '../placement/parts.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import { Refusal, refusalOf } from '../protocol/errors.ts'
import { kindOf } from '../protocol/event-head.ts'
import { EVENT } from '../protocol/events.ts'
import { userOf, type UserId } from '../protocol/ids.ts'
import type { Recorder } from '../recordings/recorder.ts'
import type { Journal } from '../store/journal.ts'
import { storeRefusal } from '../store/store-refusal.ts'
import type { PrimaryContext } from './context.ts'

type Needs = Pick<
  PrimaryContext,
  | 'settings'
  | 'store'
  | 'hub'
  | 'commits'
  | 'ledger'
  | 'registry'
  | 'directory'
  | 'members'
  | 'roomService'
  | 'owners'
  | 'metrics'
  | 'clock'
  | 'random'
  | 'logs'
>

export interface OpenGamesOptions {
  readonly context: Needs
  readonly journal: Journal
  readonly recorder: Recorder
  readonly workers: WorkerLinks
}

/** Opens the rooms with games of this node. From here on they are told about its connections. */
export async function openGames({ context, journal, recorder, workers }: OpenGamesOptions): Promise<Placement> {
  const { members, logs, store, hub } = context
  const hasRooms = (await journal.rooms()).length > 0
  const placement = new Placement({
    ...context,
    journal,
    lastBeat: hasRooms ? await journal.lastBeat() : undefined,
    recorder,
    workers: toWorkers(workers),
    holdingsOf: (user) => holdingsOf(context, user),
    purchasesAfter: (user, ledgerEntry) => purchasesAfter(store, user, ledgerEntry),
    settle: (match) => settleMatch(context, match),
    haveEnded: async (rooms) => (await store.get(rooms.map(matchKey))).map((end) => end !== undefined),
    toRefusal: (thrown) => (thrown instanceof Refusal ? thrown : storeRefusal(thrown)),
    limits: limitsOf(context),
    counts: countsOf(context),
    log: logs.of('placement'),
  })
  await placement.returns.read()
  members.plugIn(placement.entrances)
  hub.watch(PURCHASE_KIND, (channel) => {
    const user = userOf(channel)
    if (user !== undefined) placement.purchases.bought(user)
  })
  return placement
}

/** The kind of a purchase in the heads of events. */
const PURCHASE_KIND = kindOf(EVENT.buyGood)

async function holdingsOf({ store, settings, logs }: Needs, user: UserId): Promise<Holdings> {
  const most = settings.GAME_INVENTORY_GOODS
  return withGoodsMax(await readHoldings(store, user), most, (goods) =>
    logs.of('placement').warn({ user, goods, most }, 'a player has more kinds of goods than games are told of'),
  )
}

function toWorkers(workers: WorkerLinks): Workers {
  return {
    tell: (worker, method, args) => workers.tell(worker, method, args),
    // Games can send any amount, so blocks are dropped for a worker that does not keep up. Clients then notice that they have
    // missed patches, and ask for a snapshot.
    sendGameBlock: (worker, block) => {
      const link = workers.linkOf(worker)
      if (link?.isFull === false) link.sendBlock(block, 'game')
    },
  }
}

function limitsOf({ settings }: Needs): PlacementOptions['limits'] {
  return {
    roomsMax: settings.GAME_ROOMS_MAX,
    roomsPerHostMax: settings.GAME_ROOMS_PER_HOST_MAX,
    roomsPerUserMax: settings.GAME_ROOMS_PER_USER,
    heldSeatsPerAddressMax: settings.GAME_HELD_SEATS_PER_ADDRESS,
    balanceAbove: settings.GAME_BALANCE_ABOVE,
    roomCapacity: settings.ROOM_CAPACITY,
    endedMs: settings.HISTORY_TTL,
    keepMs: settings.GAME_ROOM_KEEP,
  }
}

function countsOf({ metrics }: Needs): PlacementOptions['counts'] {
  // A counter must exist from the start, or Prometheus has no rate for its first increase.
  for (const why of ENDS) metrics.gameRoomsEnded.inc({ why }, 0)
  for (const outcome of ['paid', 'unpaid']) metrics.gameRewards.inc({ outcome }, 0)
  for (const why of ['crash', 'move', 'start']) metrics.gameRoomsRestored.inc({ why }, 0)
  return {
    onJournal: (bytes) => metrics.gameJournalBytes.inc(bytes),
    onRestored: (how) => metrics.gameRoomsRestored.inc({ why: how }),
    onReward: (outcome) => metrics.gameRewards.inc({ outcome }),
    onEnded: (why) => metrics.gameRoomsEnded.inc({ why: ENDS.has(why) ? why : 'other' }),
  }
}

/** The values of the label. Other reasons, which games choose, become `other`. */
const ENDS: ReadonlySet<string> = new Set(['over', 'ended', 'empty', 'too long', 'failed', 'lost'])

function settleMatch({ ledger }: Needs, match: Match): Promise<readonly UnpaidReward[] | Refusal> {
  return new Promise((resolve) => {
    ledger.submit({ kind: 'match', ...match }, (outcome) => {
      if (outcome instanceof Refusal) resolve(outcome)
      else if (outcome.kind === 'refused') resolve(refusalOf(outcome.error))
      else if (outcome.kind === 'match') resolve(outcome.unpaid)
      else resolve(new Refusal('INTERNAL', 'a match was answered with something else'))
    })
  })
}
