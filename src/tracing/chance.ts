/**
 * Chooses a share (0 to 1) of those who ask, whatever came before. Drawn is how many are passed over until the next one, as a number
 * of the system's chance for each would cost more than all the rest of a request that is not traced.
 * @param fraction in [0, 1)
 */
export function createChance(share: number, fraction: () => number): () => boolean {
  if (share <= 0) return () => false
  if (share >= 1) return () => true
  const draw = () => Math.floor(Math.log1p(-fraction()) / Math.log1p(-share))
  let passedOver = draw()
  return () => {
    if (passedOver-- > 0) return false
    passedOver = draw()
    return true
  }
}
