/** Whether an address, a block of addresses or a host name can be reached from this machine only. */
export function isLoopback(place: string): boolean {
  return /^(localhost|::1|127\.[\d.]+)(\/\d+)?$/.test(place)
}
