/**
 * The built-ins that `drumbeat/client` may use. All are in Node 18 and in browsers from the end of 2022 on (Chrome 108, Firefox 107, Safari
 * 16.1); the youngest are `Object.hasOwn` and `reason` of an AbortSignal (Safari 15.4, March 2022). Before a name is added here,
 * look it up in MDN's table of browsers, and in Node 18.
 */
export const BASELINE: ReadonlySet<string> = new Set(
  [
    'AbortController Array ArrayBuffer DataView Date Error Infinity JSON Map Math Number Object Promise Proxy RangeError Set String Symbol',
    'TextDecoder TextEncoder TypeError URL Uint8Array WeakMap atob clearInterval clearTimeout encodeURIComponent fetch globalThis queueMicrotask setInterval',
    'setTimeout undefined',
    // Not in Node 18 and 20, where the client says so, or asks for the module.
    'WebSocket crypto',
    // Object, Function, Symbol, JSON
    'assign asyncIterator call constructor create entries fromEntries getPrototypeOf hasOwn is keys parse prototype stringify toJSON toString values',
    // Array, Uint8Array, ArrayBuffer, DataView
    'buffer byteLength byteOffset copyWithin every getFloat32 getFloat64 getUint32 getUint8 indexOf setFloat32 setFloat64 subarray',
    'filter find findIndex forEach from includes isArray join length map pop push reduce reverse shift slice some sort splice',
    // String, RegExp
    'charCodeAt padStart replace replaceAll split startsWith test toLowerCase trim trimEnd',
    // Number, Math, Date
    'abs ceil floor fround imul isFinite isInteger max min now random round',
    // Map, Set
    'add clear delete get has set size',
    // Promise, Error
    'all catch finally message next reject resolve then',
    // AbortSignal, EventTarget, fetch, URL, TextEncoder, WebSocket, Web Crypto
    'abort aborted addEventListener binaryType close code data decode encode error getRandomValues hash href importKey json',
    'pathname protocol reason removeEventListener send signal status throwIfAborted verify',
  ]
    .join(' ')
    .split(' '),
)

/** Names of the client's own that a built-in has, too. */
export const OWN_NAMES: ReadonlySet<string> = new Set(
  'apply at bytes encoding group name of offset ready start take terminate text type url view'.split(' '),
)
