import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createWholeFile } from '../base/whole-file.ts'

const FILE = 'node-id'
/** It is no secret, and each command reads it, whoever runs it. */
const READABLE_BY_ALL = 0o644
const ID = /^[A-Za-z0-9_-]{1,64}$/
/** The name of every node that was given none, before host names were taken; and where a host name has nothing that fits. */
const ONCE = 'n1'
/** What a node has left in its folder before names were kept there: its store, or its token for etcd. */
const LEFT = ['records', 'node-token']

/**
 * The name of a node that is given none: the one kept in the data folder, so that a container with another host name each day, or a host
 * with a new one, is the same node. A folder without a kept name has the host's, made to fit; one of an earlier version goes on as `n1`.
 */
export function defaultNodeId(dataDir: string, hostName = os.hostname()): string {
  const file = path.join(dataDir, FILE)
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (ID.test(kept)) return kept
  return LEFT.some((name) => existsSync(path.join(dataDir, name))) ? ONCE : toId(hostName)
}

/** Keeps the name for later starts, unless one is kept already. Throws what the file system throws. */
export function keepNodeId(dataDir: string, id: string): void {
  const file = path.join(dataDir, FILE)
  if (!existsSync(file)) createWholeFile(file, `${id}\n`, READABLE_BY_ALL)
}

function toId(hostName: string): string {
  const fitting = hostName
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64)
  return fitting === '' ? ONCE : fitting
}
