/** The first byte of a binary frame of a game. No msgpack value begins with it. */
export const GAME_FRAME = 0xc1
/** `kind` is the second byte of a patch. The others are bits of its third byte, and say what follows the changes. */
export const PATCH_FRAME = { kind: 1, acks: 1, events: 2, hash: 4, seats: 8 } as const
/** `kind` is the second byte of an input. The others are bits of its third byte, and say which fields its head has. */
export const INPUT_FRAME = { kind: 2, seq: 1, id: 2 } as const
