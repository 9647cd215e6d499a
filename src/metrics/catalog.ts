import { CLIENTS, SECURITY } from './catalog/clients.ts'
import { GAMES } from './catalog/games.ts'
import { HOSTS } from './catalog/hosts.ts'
import { NODE, PROCESS } from './catalog/node.ts'
import { PURCHASES, STORE } from './catalog/store.ts'

/** In the order of the page. */
export const SECTIONS = {
  Clients: CLIENTS,
  'Security and limits': SECURITY,
  'Log and store': STORE,
  Purchases: PURCHASES,
  Games: GAMES,
  'Hosts of games': HOSTS,
  'Node and cluster': NODE,
  Processes: PROCESS,
} as const

export const METRICS = {
  ...CLIENTS,
  ...SECURITY,
  ...STORE,
  ...PURCHASES,
  ...GAMES,
  ...HOSTS,
  ...NODE,
  ...PROCESS,
} as const
