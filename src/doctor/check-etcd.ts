import type { Settings } from '../config/settings.ts'
import { fail, ok, showBytes, warn, type Finding } from './finding.ts'
import type { EtcdFacts } from './read-etcd.ts'

/** A commit waits for one round trip and the syncs of a quorum. */
const LATENCY_MS_MAX = 10
const SYNC_MS_MAX = 10
/** Between compactions the log grows to LOG_RETENTION_BYTES. As much again may be in pages that are not free yet. */
const QUOTA_FACTOR = 3
const FULL = 0.8
const SKEW_MS_MAX = 1_000

/** Judges one endpoint: returns a finding for each fault, or one that says that there is none. Reads nothing itself. */
export function checkEtcd(settings: Settings, facts: EtcdFacts): readonly Finding[] {
  const check = `etcd ${facts.endpoint}`
  if (facts.fault !== undefined) {
    const mend = facts.isFaultOfTls
      ? 'mend that setting, or the certificates of etcd'
      : 'start it, or take it out of ETCD_ENDPOINTS'
    return [fail(check, `it does not answer: ${facts.fault}`, mend)]
  }
  const found = [
    ...checkVersion(check, facts),
    ...checkHealth(check, facts),
    ...checkLogin(check, facts),
    ...checkSize(check, settings, facts),
    ...checkSpeed(check, facts),
    ...checkSkew(check, facts),
  ]
  if (found.length > 0) return found
  const { version, latencyMs, sizeBytes, quotaBytes } = facts
  const size =
    sizeBytes === undefined || quotaBytes === undefined ? '' : `, ${showBytes(sizeBytes)} of ${showBytes(quotaBytes)}`
  return [ok(check, `${version}, answers within ${latencyMs.toFixed(1)} ms${size}`)]
}

function checkVersion(check: string, { version = '' }: EtcdFacts): readonly Finding[] {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? []
  const number = Number(major) * 1000 + Number(minor)
  const mend = 'install etcd 3.5 or newer'
  if (number >= 3005) return []
  if (number === 3004) return [warn(check, `${version} is past its end of life`, mend)]
  return [fail(check, version === '' ? 'it does not say its version' : `${version} is too old`, mend)]
}

function checkHealth(check: string, { endpoint, sick }: EtcdFacts): readonly Finding[] {
  if (sick === undefined) return []
  const isFull = sick.includes('NOSPACE')
  const ctl = `etcdctl --endpoints=${endpoint}`
  const mend = isFull ? `${ctl} defrag && ${ctl} alarm disarm` : `${ctl} endpoint status --cluster -w table`
  return [fail(check, `it does not serve: ${sick}`, mend)]
}

function checkLogin(check: string, { shut }: EtcdFacts): readonly Finding[] {
  if (shut === undefined) return []
  const mend = 'ETCD_USERNAME and ETCD_PASSWORD as etcd has them, and a role that may read and write below ETCD_PREFIX'
  return [fail(check, `it does not let this node in: ${shut}`, mend)]
}

function checkSize(check: string, settings: Settings, { quotaBytes, sizeBytes }: EtcdFacts): readonly Finding[] {
  // 0 means etcd's own default.
  if (quotaBytes === undefined || quotaBytes <= 0) return []
  const wanted = QUOTA_FACTOR * settings.LOG_RETENTION_BYTES
  if (quotaBytes < wanted) {
    const text = `its quota is ${showBytes(quotaBytes)}, and LOG_RETENTION_BYTES wants ${showBytes(wanted)}`
    return [warn(check, text, `etcd --quota-backend-bytes=${wanted}, or a smaller LOG_RETENTION_BYTES`)]
  }
  if (sizeBytes === undefined || sizeBytes < quotaBytes * FULL) return []
  const text = `it has ${showBytes(sizeBytes)} of ${showBytes(quotaBytes)}, and takes no writes when it is full`
  return [warn(check, text, `etcd --quota-backend-bytes=${quotaBytes * 2}`)]
}

function checkSpeed(check: string, { latencyMs, syncMs }: EtcdFacts): readonly Finding[] {
  const found: Finding[] = []
  if (latencyMs > LATENCY_MS_MAX) {
    const text = `it answers within ${latencyMs.toFixed(1)} ms, and each commit waits for that`
    found.push(warn(check, text, 'nodes and etcd in one data centre'))
  }
  if (syncMs !== undefined && syncMs > SYNC_MS_MAX) {
    const text = `its disk took ${syncMs.toFixed(1)} ms for a sync on average, and each commit waits for that`
    found.push(warn(check, text, 'a faster disk for its --wal-dir'))
  }
  return found
}

function checkSkew(check: string, { skewMs, skewWithinMs }: EtcdFacts): readonly Finding[] {
  if (skewMs === undefined || Math.abs(skewMs) - skewWithinMs <= SKEW_MS_MAX) return []
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1)
  const text = `its clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`
  return [warn(check, text, 'timedatectl set-ntp true, on both')]
}
