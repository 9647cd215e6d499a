import { registerHooks } from 'node:module'
import { besideUrl } from '../base/beside.ts'

/** What a game and its test import is this Drumbeat, wherever their files are: in a clone, too, where nothing was built. */
const OWN: Readonly<Record<string, string>> = {
  'drumbeat/game': besideUrl('../games/index', import.meta.url).href,
  'drumbeat/game/testing': besideUrl('../games/testing/index', import.meta.url).href,
}

registerHooks({
  resolve(specifier, context, next) {
    const url = OWN[specifier]
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
  },
})
