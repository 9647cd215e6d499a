import type { Settings } from '../config/settings.ts'
import { fail, ok, showBytes, skip, warn, type Finding } from './finding.ts'
import type { DataFacts } from './read-data.ts'

/** LMDB maps its files into memory and locks them there, which works on one machine only. */
const OVER_A_NETWORK = new Set([
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  '9p',
  'ceph',
  'glusterfs',
  'fuse.sshfs',
  'fuse.glusterfs',
])
const IN_MEMORY = new Set(['tmpfs', 'ramfs'])
const MEBIBYTE = 1024 * 1024
/** For records, and for what is written twice. */
const RECORDS_BYTES = 1024 * MEBIBYTE
const CLUSTER_BYTES = 64 * MEBIBYTE
/** Each purchase waits for one or two syncs. */
const SYNC_MS_MAX = 10
const FOR_OTHERS = 0o007

/** Judges the data folder by the facts. Reads nothing itself. */
export function checkData(settings: Settings, facts: DataFacts): readonly Finding[] {
  const { DATA_DIR } = settings
  if (facts.fault !== undefined) {
    const mend = `install -d -m 0700 -o "$(id -un)" ${DATA_DIR}, as root`
    return [fail('data folder', `DATA_DIR cannot be used: ${facts.place}: ${facts.fault}`, mend)]
  }
  return [checkFolder(DATA_DIR, facts), checkSpace(settings, facts), checkFileSystem(settings, facts), checkSync(facts)]
}

function checkFolder(dataDir: string, { isThere, mode, isInUse }: DataFacts): Finding {
  if (!isThere) return ok('data folder', `${dataDir} will be created at the start`)
  if ((mode & FOR_OTHERS) !== 0) {
    return warn('data folder', `everybody on this machine may read ${dataDir}`, `chmod o-rwx ${dataDir}`)
  }
  return ok('data folder', `${dataDir}${isInUse ? ', in use by a live Drumbeat' : ''}`)
}

function checkSpace({ ETCD_ENDPOINTS, HISTORY_BYTES }: Settings, { place, freeBytes }: DataFacts): Finding {
  const isNode = ETCD_ENDPOINTS.length > 0
  const least = isNode ? CLUSTER_BYTES : HISTORY_BYTES + CLUSTER_BYTES
  const wanted = isNode ? CLUSTER_BYTES : 3 * HISTORY_BYTES + RECORDS_BYTES
  const text = `${showBytes(freeBytes)} are free in ${place}`
  if (freeBytes >= wanted) return ok('disk', text)
  const lacking = `${text}, and ${showBytes(wanted)} are advised`
  const mend = isNode ? `make room in ${place}` : `make room in ${place}, or a smaller HISTORY_BYTES`
  return freeBytes < least ? fail('disk', lacking, mend) : warn('disk', lacking, mend)
}

function checkFileSystem({ ETCD_ENDPOINTS }: Settings, { fileSystem: kind }: DataFacts): Finding {
  if (kind === undefined) return skip('file system', 'the system does not tell')
  // A node of a cluster keeps only its name there.
  if (ETCD_ENDPOINTS.length > 0) return ok('file system', kind)
  if (OVER_A_NETWORK.has(kind)) {
    return fail(
      'file system',
      `${kind} is a network file system, and must not hold the store's files`,
      'DATA_DIR on a disk of this machine',
    )
  }
  if (IN_MEMORY.has(kind)) {
    return warn('file system', `${kind} is memory: all data is lost when the machine restarts`, 'DATA_DIR on a disk')
  }
  if (kind === 'overlay') {
    return warn('file system', 'overlay belongs to a container: its files are lost with it', 'a volume for DATA_DIR')
  }
  return ok('file system', kind)
}

function checkSync({ syncMs }: DataFacts): Finding {
  if (syncMs === undefined) return skip('sync', 'measured only if DATA_DIR exists')
  const text = `a page is on the disk after ${syncMs.toFixed(2)} ms`
  if (syncMs <= SYNC_MS_MAX) return ok('sync', text)
  return warn('sync', `${text}: each purchase waits for that`, 'DATA_DIR on a faster disk')
}
