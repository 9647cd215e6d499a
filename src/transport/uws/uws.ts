import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import * as imported from 'uWebSockets.js'

// Repacks on npm have named exports; the official build (a CommonJS module) has a default one. Either may be installed.
const uws: typeof imported = 'App' in imported ? imported : (imported as { readonly default: typeof imported }).default

export const { App, us_listen_socket_close, us_socket_local_port } = uws
export type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  TemplatedApp,
  WebSocket as UwsWebSocket,
} from 'uWebSockets.js'

/** The version of the installed package: the official build or a repack, which number their versions differently. */
export function readUwsVersion(): string {
  const file = findPackageJSON('uWebSockets.js', import.meta.url) ?? ''
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly name: string
    readonly version: string
  }
  return `${name} ${version}`
}
