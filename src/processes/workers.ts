import type { Link } from '../link/link.ts'
import type { PrimaryMethods, WorkerMethods } from '../link/methods.ts'
import type { Links } from './links.ts'

export type WorkerLink = Link<PrimaryMethods, WorkerMethods>
export type WorkerLinks = Links<PrimaryMethods, WorkerMethods>
