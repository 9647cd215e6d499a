import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createWholeFile } from '../base/whole-file.ts'

const FILE = 'node-id'
/** The name is no secret, and every command reads it, whichever user runs the command. */
const READABLE_BY_ALL = 0o644
const ID = /^[A-Za-z0-9_-]{1,64}$/
/** The default name in earlier versions, and the name if the host name has no character that fits. */
const ONCE = 'n1'
/** Files of earlier versions, which did not keep the name of the node: the store, and the token for etcd. */
const LEFT = ['records', 'node-token']

/**
 * Returns the name of a node for which NODE_ID is not set: the name that the data folder keeps. So a container or a machine whose
 * host name changes stays the same node. If the folder keeps no name, it is the host name, with other characters replaced; a
 * folder of an earlier version keeps the name `n1`.
 */
export function defaultNodeId(dataDir: string, hostName = os.hostname()): string {
  const file = path.join(dataDir, FILE)
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (ID.test(kept)) return kept
  return LEFT.some((name) => existsSync(path.join(dataDir, name))) ? ONCE : toId(hostName)
}

/** Keeps the name for later starts, unless the folder keeps one already. Throws what the file system throws. */
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
