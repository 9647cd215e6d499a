import { registerHooks } from 'node:module'
import { besideUrl } from '../base/beside.ts'

/** Games and their tests import this Drumbeat, wherever their files are. So tests also run in a clone that was not built. */
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
