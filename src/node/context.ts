import type { Clock } from '../base/clock.ts'
import type { SteadyClock } from '../base/steady-clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Logs } from '../config/logs.ts'
import type { Settings } from '../config/settings.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import type { Hub } from '../hub/hub.ts'
import type { Idempotency } from '../idempotency/idempotency.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PurchaseRates } from '../ledger/purchase-rates.ts'
import type { EventShares } from './event-shares.ts'
import type { HistoryFloor } from './history-floor.ts'
import type { PacedReads } from './paced-reads.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Bans } from '../connections/bans.ts'
import type { Registry } from '../connections/registry.ts'
import type { Publisher } from '../connections/publisher.ts'
import type { AnnouncedCounts } from '../rooms/announced-counts.ts'
import type { Announcements } from '../rooms/announcements.ts'
import type { Members } from '../rooms/members.ts'
import type { RemoteMembers } from '../rooms/remote-members.ts'
import type { Connections } from '../connections/connections.ts'
import type { ConnectionLimits } from '../connections/limits.ts'
import type { RecoverableSessions } from '../connections/recoverable-sessions.ts'
import type { Directory } from '../rooms/directory.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Store } from '../store/store.ts'
import type { Owners } from '../placement/owners.ts'
import type { Placement } from '../placement/placement.ts'
import type { ReceiptKey } from './secrets.ts'
import type { RoomService } from '../rooms/service.ts'
import type { StateSweep } from '../rooms/retained-state.ts'

/** The parts of the primary that its methods use. */
export interface PrimaryContext {
  readonly settings: Settings
  readonly store: Store
  readonly cluster: Cluster
  readonly hub: Hub
  readonly commits: GroupCommit
  readonly eventShares: EventShares
  readonly historyFloor: HistoryFloor
  readonly ledger: Ledger
  readonly purchaseRates: PurchaseRates
  /** Reads for requests without a token, at a limited pace. */
  readonly openReads: { readonly shop: PacedReads; readonly operators: PacedReads }
  readonly registry: Registry
  readonly bans: Bans
  readonly connections: Connections
  readonly limits: ConnectionLimits
  readonly sessions: RecoverableSessions
  readonly publisher: Publisher
  readonly directory: Directory
  readonly announcements: Announcements
  readonly announcedCounts: AnnouncedCounts
  readonly members: Members
  readonly remoteMembers: RemoteMembers
  readonly states: StateSweep
  readonly roomService: RoomService
  /** Which node runs which room with a game. */
  readonly owners: Owners
  /** The rooms with games. */
  readonly games: Placement
  /** For requests with idempotency keys that do not go to the ledger. */
  readonly idempotency: Idempotency
  readonly receiptKey: ReceiptKey
  readonly metrics: Metrics
  readonly clock: Clock
  /** The clock for records that have a date, and that are deleted by it. */
  readonly steadyClock: SteadyClock
  readonly random: Random
  readonly log: Log
  readonly logs: Logs
}
