/** A patch does not fit the value or its type. The receiver has to ask for a snapshot. */
export class PatchFault extends Error {
  override readonly name = 'PatchFault'
}
