import { followConnections, type ConnectionControl } from '../connections/control.ts'
import { followControl } from '../hub/control.ts'
import type { GoodControl } from '../ledger/control.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import { followRooms, type RoomControl } from '../rooms/control.ts'
import type { PrimaryContext } from './context.ts'

type Needs = Pick<PrimaryContext, 'hub' | 'registry' | 'bans' | 'directory' | 'members'>

/** Follows the control records of the log, which are for all nodes: applies them to this node and tells its workers. */
export function followLog(
  { hub, registry, bans, directory, members }: Needs,
  workers: Pick<WorkerLinks, 'tell' | 'tellAll'>,
): void {
  followControl<RoomControl | ConnectionControl | GoodControl>(hub, {
    ...followRooms({
      directory,
      members,
      onClosed: (worker, room) => workers.tell(worker, 'roomClosed', { room, hasGame: false }),
    }),
    ...followConnections({
      registry,
      bans,
      kick: (worker, connectionId) => workers.tell(worker, 'kick', { connectionId }),
    }),
    'good-changed': ({ id }) => workers.tellAll('goodChanged', { id }),
  })
}
