import type { Link } from '../link/link.ts'
import type { HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { Links } from './links.ts'
import type { HostProcess } from './host-process.ts'
import type { ProcessLife } from './supervisor.ts'

export type HostLink = Link<OfHostMethods, HostMethods>
export type HostLinks = Links<OfHostMethods, HostMethods>
export type HostLife = ProcessLife<HostLink, HostProcess>
