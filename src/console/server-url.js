/** ROOT/console/server-url.js, where ROOT is the server's own `/`, or a path below which a proxy shows it. */
const THIS_FILE = import.meta.url

/**
 * @param {string} path as the server knows it, `/api/v1/goods`
 * @returns {URL}
 */
export function serverUrl(path) {
  return new URL(`..${path}`, THIS_FILE)
}
