import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { NodeProcess } from './child-process.ts'
import type { Links } from './links.ts'
import type { ProcessLife } from './supervisor.ts'

export type WorkerLink = Link<PrimaryMethods, WorkerMethods>
export type WorkerLinks = Links<PrimaryMethods, WorkerMethods>
export type WorkerLife = ProcessLife<WorkerLink, NodeProcess>
