/**
 * Chooses a share (0 to 1) of all calls at random, independently of each other. It draws how many calls to skip until the next
 * chosen one, because a random number of the system's for each call would cost more than the rest of an untraced request.
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
