/** The first byte of a binary frame of a game, which no msgpack value begins with. */
export const GAME_FRAME = 0xc1
/** The second byte of a patch, and what the bits of its third say of what follows the changes. */
export const PATCH_FRAME = { kind: 1, acks: 1, events: 2, hash: 4, seats: 8 } as const
/** The second byte of an input, and what the bits of its third say of what its head has. */
export const INPUT_FRAME = { kind: 2, seq: 1, id: 2 } as const
