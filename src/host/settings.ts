/** The settings of rooms with games, see `config/settings.ts`. Durations are in milliseconds. */
export interface HostSettings {
  readonly GAME_BOT_BUDGET: number
  readonly GAME_STATE_BYTES: number
  readonly GAME_RECENT_BYTES: number
  readonly ROOM_GAME_EMPTY: number
  readonly ROOM_GAME_MAX: number
}
