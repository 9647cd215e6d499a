/** Whether an address, a block of them or a host name is this machine's own, and nobody else's. */
export function isLoopback(place: string): boolean {
  return /^(localhost|::1|127\.[\d.]+)(\/\d+)?$/.test(place)
}
