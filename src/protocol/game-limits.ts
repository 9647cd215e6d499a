/** In characters. */
export const INPUT_NAME_LENGTH_MAX = 64
export const PASSWORD_LENGTH_MAX = 128
/** How many fields a filter over listings may name, and how many values each of them may list. */
export const WHERE_TERMS_MAX = 16
export const WHERE_VALUES_MAX = 64
/** Page size of `core.game.room.list`. A page has to fit into one frame. */
export const ROOM_LIST_LIMIT = { fallback: 20, max: 100 } as const
