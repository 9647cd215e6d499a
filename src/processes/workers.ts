import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { Links } from './links.ts'

export type WorkerLink = Link<PrimaryMethods, WorkerMethods>
export type WorkerLinks = Links<PrimaryMethods, WorkerMethods>
