// All times and counts of the client. This file imports nothing and holds only numbers, so that bundlers inline them.

// Connections

/** The close code that every WebSocket reports if the connection could not be opened or was cut. */
export const LOST = 1006
/** A connection that was up for this long counts as a success. */
export const STABLE_MS = 5_000
/** How long a peer may take to answer a close. */
export const TERMINATE_MS = 1_000
/** How long a server may take to answer a ping. */
export const HEARTBEAT_ANSWER_MS = 5_000
/** If a timer is later than this, the process or the whole machine stood still. */
export const TIMER_LATE_MS = 1_000
/** How many times the clock is looked at in one heartbeat interval. */
export const LOOKS_PER_HEARTBEAT = 8
/** How long a server may take to answer why it refused a handshake. */
export const REFUSAL_ANSWER_MS = 5_000
/** If a server asks for a longer wait, this is used instead. */
export const RETRY_AFTER_MS_MAX = 600_000
/**
 * A longer list of rooms is not sent, because proxies and servers limit the length of URLs. The server remembers the rooms for a
 * while.
 */
export const ROOMS_LENGTH_MAX = 512
/** setTimeout fires at once if the delay is longer than this. */
export const TIMER_MS_MAX = 2 ** 31 - 1

// Tokens

/** How much of an answer that is not a token is shown in the error. */
export const SHOWN_MAX = 20
/**
 * How long before its expiry a token is refreshed: the smaller of REFRESH_LEAD_MS_MAX and REFRESH_LEAD_SHARE of the time left,
 * times a random factor from 0.5 to 1.
 */
export const REFRESH_LEAD_MS_MAX = 60_000
export const REFRESH_LEAD_SHARE = 0.2
export const REFRESH_PAUSE_MS_MIN = 1_000

// Requests and events

/** No server accepts deeper nesting (its MAX_JSON_DEPTH is at most this), and the stack has room for it. */
export const SENT_DEPTH_MAX = 256
/** How many events an iterator holds for its reader. */
export const STREAM_MAX = 1_000
export const PURCHASE_ATTEMPTS_MAX = 6
export const PURCHASE_BACKOFF_MS = 200
export const PURCHASE_BACKOFF_MS_MAX = 5_000

// Games

/** How many answers set the clock at the beginning, and how long it waits between later ones. */
export const CLOCK_ANSWERS = 3
export const CLOCK_MS = 10_000
export const CLOCK_SAMPLES_MAX = 8
/**
 * The clock is corrected by at most this share of the time that passed, so that it neither jumps nor goes back while it is in
 * use.
 */
export const CLOCK_SLEW = 0.1
/** A clock that is further off than this is set at once, forwards or back. */
export const CLOCK_JUMP_MS = 1_000
/** How far two answers may differ in addition to their round trips, because the clocks have drifted meanwhile. */
export const CLOCK_DRIFT_MS = 100
/** Two states further apart than this are not interpolated, because nobody saw what happened between them. */
export const STATES_APART_MS_MAX = 1_000
/** How far a view may fall behind while it waits for late patches. */
export const VIEW_BEHIND_MS_MAX = 1_000
/** If a view is further behind than it needs to be, each patch takes away this share of the excess. */
export const VIEW_CATCH_UP = 0.05

/** How many times a request goes on to another node before it is given up. */
export const MOVES_MAX = 3

/** How long a room is asked for again whose node cannot be reached, and after what time if the server does not say. */
export const REJOIN_MS = 60_000
export const REJOIN_AFTER_MS = 1_000
