import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/load.ts'
import type { Logs } from '../config/logs.ts'
import type { Bans } from '../connections/bans.ts'
import { Connections } from '../connections/connections.ts'
import { ConnectionLimits, type ConnectionLimitsOptions } from '../connections/limits.ts'
import { Publisher } from '../connections/publisher.ts'
import { RecoverableSessions } from '../connections/recoverable-sessions.ts'
import { Registry } from '../connections/registry.ts'
import { Remote } from '../connections/remote.ts'
import { Replays } from '../connections/replay.ts'
import { ShareParts, type OnParts } from '../connections/share-parts.ts'
import { Subscriptions } from '../connections/subscriptions.ts'
import { isLoopback } from '../door/address.ts'
import type { Hub } from '../hub/hub.ts'
import { isRetained, kindOf } from '../protocol/event-head.ts'
import { EVENT, SERVER_EVENT } from '../protocol/events.ts'
import type { Namespace } from '../protocol/ids.ts'
import { Owners } from '../placement/owners.ts'
import { readAnnouncement } from '../rooms/announce.ts'
import { AnnouncedCounts } from '../rooms/announced-counts.ts'
import { Announcements } from '../rooms/announcements.ts'
import { Members } from '../rooms/members.ts'
import { RemoteMembers } from '../rooms/remote-members.ts'
import { Directory } from '../rooms/directory.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Store } from '../store/store.ts'
import type { PrimaryContext } from './context.ts'
import { StateSweep } from '../rooms/retained-state.ts'

export interface OpenRoomsOptions {
  readonly config: Config
  readonly store: Store
  readonly cluster: Cluster
  readonly hub: Hub
  readonly bans: Bans
  readonly clock: Clock
  readonly log: Log
  readonly logs: Logs
  readonly onFull: ConnectionLimitsOptions['onFull']
  readonly onParts: OnParts
}

/** The parts that know who is connected and who is in which room. */
export type RoomsContext = Pick<
  PrimaryContext,
  | 'registry'
  | 'publisher'
  | 'limits'
  | 'sessions'
  | 'connections'
  | 'directory'
  | 'announcements'
  | 'announcedCounts'
  | 'members'
  | 'remoteMembers'
  | 'states'
  | 'owners'
>

/** Loads the rooms from the store and follows the connections of the other nodes. */
export async function openRooms(options: OpenRoomsOptions): Promise<RoomsContext> {
  const { config, store, cluster, hub, bans, clock, log, logs } = options
  const keepMs = config.settings.HISTORY_TTL
  const registry = new Registry(cluster.node)
  const publisher = new Publisher({ cluster, log: logs.of('presence') })
  const limits = new ConnectionLimits({ registry, ...limitsOf(config), onFull: options.onFull })
  const subscriptions = new Subscriptions({ interest: hub.interest, publisher })
  const replays = new Replays({ hub, cluster, log })
  const sessions = new RecoverableSessions({ keepMs, nowMs: clock.nowMs, heardAfterMs: heardAfterMs(config) })
  const announcements = new Announcements()
  const states: StateSweep = new StateSweep({
    store,
    clock,
    keepMs,
    bytesMax: config.settings.RETAINED_BYTES,
    bytesPerOwnerMax: config.settings.RETAINED_BYTES_PER_USER,
    statesPerOwnerMax: config.settings.RETAINED_STATES_PER_USER,
    isThere: (room) => directory.has(room),
  })
  const directory = createDirectory(config, states)
  await directory.load(store)
  // States that other nodes have put count, too: this node deletes them if the other node dies.
  hub.watch(kindOf(EVENT.broadcast), (channel, { head, body }) => {
    if (head !== undefined && isRetained(head)) states.noteRetained(channel, body.length)
  })
  await states.load()
  const announcedCounts = new AnnouncedCounts(directory)
  const members = new Members({ registry, subscriptions, sessions, directory, announcements })
  const remoteMembers = new RemoteMembers({ cluster, directory, announcements, nowMs: clock.nowMs })
  // If a node is alone, its announcements are always right.
  if (!cluster.isAlone) followAnnouncements(hub, announcedCounts, remoteMembers)
  const owners = new Owners({
    cluster,
    directory,
    url: config.settings.PUBLIC_URL,
    roomCapacity: config.settings.ROOM_CAPACITY,
    keepMs,
    nowMs: clock.nowMs,
  })
  const { onShard, onNodeGone, onTakenForDead } = new Remote({ registry, rooms: remoteMembers })
  const { onClaim, onClaimLost } = owners
  await cluster.follow({ onShard, onNodeGone, onTakenForDead, onClaim, onClaimLost })
  const shareParts = config.settings.WORKERS > 1 ? new ShareParts(options.onParts) : undefined
  const parts = { registry, publisher, limits, sessions }
  const around = { bans, hub, cluster, clock, subscriptions, replays, shareParts }
  const connections = new Connections({ ...parts, ...around, rooms: members })
  return { ...parts, connections, directory, announcements, announcedCounts, members, remoteMembers, states, owners }
}

function followAnnouncements(hub: Hub, counts: AnnouncedCounts, remoteMembers: RemoteMembers): void {
  for (const eventType of [SERVER_EVENT.joined, SERVER_EVENT.left]) {
    hub.watch(kindOf(eventType), (_channel, record) => {
      const { announcement, members } = readAnnouncement(record)
      counts.noteLogged(announcement, members)
      if (eventType === SERVER_EVENT.left) remoteMembers.leftAnnounced(announcement)
    })
  }
}

/** Returns a time after which a connection that hears nothing has certainly been closed. */
function heardAfterMs({ settings }: Config): number {
  return 2 * settings.SOCKET_READ_TIMEOUT + 10_000
}

function createDirectory({ settings }: Config, states: StateSweep): Directory {
  const autoCreateIn = settings.ROOM_AUTO_CREATE ? [settings.NAMESPACE_PRIVATE as Namespace] : []
  return new Directory({
    autoCreateIn: new Set(autoCreateIn),
    capacity: settings.ROOM_CAPACITY,
    onMade: ({ room_id, namespace }) => states.noteMade(room_id, namespace),
    onGone: ({ room_id, namespace }) => states.noteGone(room_id, namespace),
    onRemoved: ({ room_id, namespace }) => states.noteDeleted(room_id, namespace),
  })
}

function limitsOf({ settings, explicit }: Config) {
  const isSet = explicit.has('MAX_CONNECTIONS_PER_ADDRESS')
  return {
    perUserMax: settings.MAX_CONNECTIONS_PER_USER,
    perNamespaceMax: settings.MAX_CONNECTIONS_PER_NAMESPACE,
    // Loopback may be a proxy or a benchmark, so it is limited only if the setting is set.
    perAddressMax: (key: string) => (isLoopback(key) && !isSet ? Infinity : settings.MAX_CONNECTIONS_PER_ADDRESS),
  }
}
