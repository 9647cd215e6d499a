import type { MetricAbout } from '../about.ts'

export const HOSTS = {
  gameRoomsWaiting: {
    name: 'game_rooms_waiting',
    type: 'gauge',
    help: 'Rooms with games that no host runs now, because theirs died and no other one is there yet.',
    when: 'If it is over 0 for more than a few seconds, hosts end at their start. The log says why.',
  },
  gameRoomsRestored: {
    name: 'game_rooms_restored_total',
    type: 'counter',
    help: 'Rooms that went on in a host that had not run them, from their checkpoints and journals.',
    labels: ['why'],
    when: '`crash`: their host died; look at `host_restarts_total` and the log. `move`: a host was drained for a reload. `start`: the node had ended, and started again.',
  },
  gameRoomsEnded: {
    name: 'game_rooms_ended_total',
    type: 'counter',
    help: 'Rooms with games that are over.',
    labels: ['why'],
    when: '`failed`: callbacks of the game threw ten times in a row, or did not end, or the room could not be restored. The log names the game. `lost`: rooms of before a start that can never go on, as their journals are damaged, or their games were gone for `GAME_ROOM_KEEP`; the log says which.',
  },
  gameRewards: {
    name: 'game_rewards_total',
    type: 'counter',
    help: 'Rewards of matches.',
    labels: ['outcome'],
    when: '`unpaid`: the ledger refused the reward, because a balance would be too large. The log has "a reward was not paid".',
  },
  gameJournalBytes: {
    name: 'game_journal_bytes_total',
    type: 'counter',
    help: 'Bytes of records written to the journals of rooms.',
    when: 'It follows what players do. If it is high, a game has large inputs, or gets more of them than it needs.',
  },
  gameJournalWaitingBytes: {
    name: 'game_journal_waiting_bytes',
    type: 'gauge',
    help: 'Bytes from hosts that wait for the journal.',
    when: 'If it is over 0 for more than a second, the disk is full or stalled, and players see nothing new.',
  },
  gameRecordingBytes: {
    name: 'game_recording_bytes_total',
    type: 'counter',
    help: 'Bytes that were written to recordings of rooms.',
    when: 'It follows what players of recorded rooms do. The disk has to bear it: see GAME_RECORDINGS_BYTES.',
  },
  gameRecordingsOpen: {
    name: 'game_recordings_open',
    type: 'gauge',
    help: 'Recordings that are being written.',
    when: 'Near GAME_RECORDINGS: rooms that are made next are not recorded.',
  },
  gameRecordingsCut: {
    name: 'game_recordings_cut_total',
    type: 'counter',
    help: 'Recordings that ended before their rooms did.',
    when: 'The log says why: too large, no space, a disk that is too slow. The rooms are not touched by it.',
  },
  hostsListening: {
    name: 'hosts_listening',
    type: 'gauge',
    help: 'Processes that run games.',
    when: 'If it is less than `hosts_wanted` for more than a minute, hosts end at their start. The log says why.',
  },
  hostsWanted: {
    name: 'hosts_wanted',
    type: 'gauge',
    help: 'The setting GAME_HOSTS.',
    when: 'It changes only by configuration.',
  },
  hostRestarts: {
    name: 'host_restarts_total',
    type: 'counter',
    help: 'Hosts that died and were replaced.',
    when:
      'A callback did not end, memory ran out, or there is a defect: the log says which. Nothing that was acknowledged ' +
      'is lost.',
  },
} as const satisfies Readonly<Record<string, MetricAbout>>
