/** The host of a URL as sockets take it: an IPv6 address stands in brackets in a URL only. */
export function hostOf({ hostname }: URL): string {
  return hostname.replaceAll(/^\[|\]$/g, '')
}
