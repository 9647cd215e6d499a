import t from 'tap'
import { skipWithout } from '../helpers/etcd.ts'
import { followUnderFaults } from '../store/etcd/follow-under-faults.ts'

/** P10: 1 M events. */
t.test('a million events past a follower that is cut off, etcd compacted all along', skipWithout('3.5'), (t) =>
  followUnderFaults(t, { revisions: 5_000, eventsPerBatch: 200, cutEveryMs: 150 }),
)
