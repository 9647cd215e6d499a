// The codes of `CLOSE` (close-codes.ts) as single constants, for the reason that event-names.ts gives.

export const normal = 1000
export const goingAway = 1001
export const wrongFrameKind = 1003
export const tooLarge = 1009
export const draining = 4000
export const slowConsumer = 4001
export const tokenExpired = 4002
export const noPong = 4003
export const rateLimit = 4004
export const gap = 4005
export const nodeLostPlace = 4006
export const badRequests = 4500
export const tokenInvalid = 4501
export const kicked = 4502
export const replaced = 4503
export const connectionLimit = 4504
