import type { MetricAbout } from '../about.ts'

export const HOSTS = {
  gameRoomsWaiting: {
    name: 'game_rooms_waiting',
    type: 'gauge',
    help: 'Rooms with games that no host runs now: theirs has died, and no other one is there yet.',
    when: 'Over 0 for more than a few seconds: hosts end at their start, and the log says how.',
  },
  gameRoomsRestored: {
    name: 'game_rooms_restored_total',
    type: 'counter',
    help: 'Rooms that went on in another host, from their checkpoints and journals.',
    labels: ['why'],
    when: '`crash`: their host died; look at `host_restarts_total` and the log. `move`: a host was drained for a reload.',
  },
  gameRoomsEnded: {
    name: 'game_rooms_ended_total',
    type: 'counter',
    help: 'Rooms with games that are over.',
    labels: ['why'],
    when: '`failed`: callbacks of the game threw ten times in a row, or did not end, or the room could not be restored. The log names the game. `lost`: rooms that ran when the server ended; counted at its next start.',
  },
  gameRewards: {
    name: 'game_rewards_total',
    type: 'counter',
    help: 'Rewards of matches.',
    labels: ['outcome'],
    when: '`unpaid`: the ledger does not take them, as a balance would be too large. The log has "a reward was not paid".',
  },
  gameJournalBytes: {
    name: 'game_journal_bytes_total',
    type: 'counter',
    help: 'Bytes of records that were written to the journals of rooms.',
    when: 'It follows what players do: more is a game with large inputs, or with more of them than it wants.',
  },
  gameJournalWaitingBytes: {
    name: 'game_journal_waiting_bytes',
    type: 'gauge',
    help: 'What hosts have said that waits for the journal.',
    when: 'Over 0 for more than a second: the disk is full or stalled, and players see nothing new.',
  },
  hostsListening: {
    name: 'hosts_listening',
    type: 'gauge',
    help: 'Processes that run games.',
    when: 'Less than `hosts_wanted` for more than a minute: they end at their start, and the log says how.',
  },
  hostsWanted: {
    name: 'hosts_wanted',
    type: 'gauge',
    help: 'GAME_HOSTS.',
    when: 'Only by configuration.',
  },
  hostRestarts: {
    name: 'host_restarts_total',
    type: 'counter',
    help: 'Hosts that died and were replaced.',
    when: 'A callback that did not end, no memory, or a defect. The log says which; nothing that was acknowledged is lost.',
  },
} as const satisfies Readonly<Record<string, MetricAbout>>
