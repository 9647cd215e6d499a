/**
 * No object may have this key, at any depth: whoever assigns it sets a prototype instead. Other names that objects inherit
 * (`constructor`, `toString`) are data: assigning them makes a property, and nothing here looks a name up without `hasOwn`.
 */
export const FORBIDDEN_KEY = '__proto__'
