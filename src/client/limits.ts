// The times and counts of the client, in one place. It imports nothing and holds only numbers, so that bundlers write them where they are used.

// Connections

/** What every WebSocket says where the connection did not come about, or was cut. */
export const LOST = 1006
/** A connection that was up for so long counts as a success. */
export const STABLE_MS = 5_000
/** How long a peer may take to answer a close. */
export const TERMINATE_MS = 1_000
/** How long a server may take to answer whether it is there. */
export const HEARTBEAT_ANSWER_MS = 5_000
/** A timer that is later than this means that this process, or the whole machine, stood still. */
export const TIMER_LATE_MS = 1_000
/** How often the clock is looked at in the time of one heartbeat. */
export const LOOKS_PER_HEARTBEAT = 8
/** How long a server may take to say why it has refused a handshake. */
export const REFUSAL_ANSWER_MS = 5_000
/** No server sends its players away for longer than this. */
export const RETRY_AFTER_MS_MAX = 600_000
/** Longer lists are left to the server, which remembers them for a while: proxies and servers do not take a URL of any length. */
export const ROOMS_LENGTH_MAX = 512
/** setTimeout fires at once for more than this. */
export const TIMER_MS_MAX = 2 ** 31 - 1

// Tokens

/** What is shown of an answer that is no token. */
export const SHOWN_MAX = 20
/** How long before its end a token is refreshed: a random part, from a half on, of the smaller of a time and a share of what is left. */
export const REFRESH_LEAD_MS_MAX = 60_000
export const REFRESH_LEAD_SHARE = 0.2
export const REFRESH_PAUSE_MS_MIN = 1_000

// Requests and events

/** No server takes more levels (its MAX_JSON_DEPTH goes up to this), and the stack has room for them. */
export const SENT_DEPTH_MAX = 256
/** Events that an iterator keeps for its reader. */
export const STREAM_MAX = 1_000
export const PURCHASE_ATTEMPTS_MAX = 6
export const PURCHASE_BACKOFF_MS = 200
export const PURCHASE_BACKOFF_MS_MAX = 5_000

// Games

/** Answers that the clock is set by at once, and how often it asks behind that. */
export const CLOCK_ANSWERS = 3
export const CLOCK_MS = 10_000
export const CLOCK_SAMPLES_MAX = 8
/** How much of the time that has passed the clock may be moved by: it never jumps while it is looked at, and never goes back. */
export const CLOCK_SLEW = 0.1
/** A clock that is further off than this is set at once, forwards or back. */
export const CLOCK_JUMP_MS = 1_000
/** By how much two answers may differ beyond their round trips: by what the clocks have drifted meanwhile. */
export const CLOCK_DRIFT_MS = 100
/** What happens between two states that are further apart than this was not seen: there is no way from one to the other. */
export const STATES_APART_MS_MAX = 1_000
/** How far a view falls behind, at most, to wait for patches that are late. */
export const VIEW_BEHIND_MS_MAX = 1_000
/** The part of what a view is too far behind that it makes up for with each patch. */
export const VIEW_CATCH_UP = 0.05
