/** @typedef {import('./replies.js').Outcome} Outcome */

/** @type {Readonly<Record<string, string>>} */
const ADVICE = {
  NO_REPLY: 'It may have been done or not.',
  CONNECTION_LOST: 'It may have been done or not.',
  OUTCOME_UNKNOWN: 'It may have been done or not.',
  NOT_CONNECTED: 'Connect first.',
}

/**
 * An outcome in one line.
 * @param {Outcome} outcome
 * @param {string} whenDone
 */
export function describe(outcome, whenDone) {
  if (outcome.success) return whenDone
  const { code, message, details } = outcome.error
  const more = details === undefined ? '' : ` ${JSON.stringify(details)}`
  const advice = ADVICE[code] === undefined ? '' : ` ${ADVICE[code]}`
  return `${code}: ${message}${more}.${advice}`
}

/**
 * An amount with its thousands set apart.
 * @param {unknown} amount
 */
export function amountText(amount) {
  return typeof amount === 'number' ? amount.toLocaleString() : String(amount)
}
