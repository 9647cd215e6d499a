/** In characters. */
export const INPUT_NAME_LENGTH_MAX = 64
export const PASSWORD_LENGTH_MAX = 128
/** Fields that a filter over listings may name, and values that one of them may be. */
export const WHERE_TERMS_MAX = 16
export const WHERE_VALUES_MAX = 64
/** Of `core.game.room.list`: it goes into one frame. */
export const ROOM_LIST_LIMIT = { fallback: 20, max: 100 } as const
