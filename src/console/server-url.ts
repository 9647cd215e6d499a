/** The address of this script is ROOT/console/server-url.js. ROOT is the `/` of the server, or the path of a proxy for it. */
const THIS_FILE = import.meta.url

/** The setting API_PATH_PREFIX, which the server has written into the page. */
export const API_PATH_PREFIX = document.querySelector('meta[name="api-path-prefix"]')?.getAttribute('content') ?? ''

/** @param path a path on the server, such as `/api/v1/goods` */
export function serverUrl(path: string): URL {
  return new URL(`..${path}`, THIS_FILE)
}
