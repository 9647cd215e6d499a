/** ROOT/console/server-url.js, where ROOT is the server's own `/`, or a path below which a proxy shows it. */
const THIS_FILE = import.meta.url

/** The server's setting of that name, as it has written it into the page. */
export const API_PATH_PREFIX = document.querySelector('meta[name="api-path-prefix"]')?.getAttribute('content') ?? ''

/** @param path as the server knows it, `/api/v1/goods` */
export function serverUrl(path: string): URL {
  return new URL(`..${path}`, THIS_FILE)
}
