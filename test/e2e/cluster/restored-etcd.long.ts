import t from 'tap'
import { skipWithout } from '../../helpers/etcd.ts'
import { restoreUnderNodes } from './restore-etcd.ts'

t.test(
  'etcd restored into the same members under nodes that run closes with 4006 and ends with 75',
  skipWithout('3.5'),
  (t) => restoreUnderNodes(t, { deleteEpoch: true }),
)
