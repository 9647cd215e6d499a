import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import * as imported from 'uWebSockets.js'

// The npm repacks have named exports, the official build (a CommonJS module) a default one: either may be installed.
const uws: typeof imported = 'App' in imported ? imported : (imported as { readonly default: typeof imported }).default

export const { App, us_listen_socket_close, us_socket_local_port } = uws
export type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  TemplatedApp,
  WebSocket as UwsWebSocket,
} from 'uWebSockets.js'

/** Of the package that is installed: the official build or a repack, each with numbers of its own. */
export function readUwsVersion(): string {
  const file = findPackageJSON('uWebSockets.js', import.meta.url) ?? ''
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly name: string
    readonly version: string
  }
  return `${name} ${version}`
}
