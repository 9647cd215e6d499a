/** The settings that rooms with games take: see `config/settings.ts`. Durations in milliseconds. */
export interface HostSettings {
  readonly GAME_BOT_BUDGET: number
  readonly GAME_STATE_BYTES: number
  readonly GAME_RECENT_BYTES: number
  readonly ROOM_GAME_EMPTY: number
  readonly ROOM_GAME_MAX: number
}
