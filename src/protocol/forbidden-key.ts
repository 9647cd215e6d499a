/**
 * No object may have this key, at any depth, because assigning it sets a prototype. Other inherited names (`constructor`,
 * `toString`) are allowed: assigning them makes a plain property, and this code looks names up only with `hasOwn`.
 */
export const FORBIDDEN_KEY = '__proto__'
