import type { Handlers } from '../../link/link.ts'
import type { GameMethods } from '../../link/methods/games.ts'
import { Refusal } from '../../protocol/errors.ts'

/** What a node without games answers to those who ask for them. */
export const noGames: Handlers<GameMethods> = {
  games: (_args, reply) => reply({ items: [] }),
  find: refuse,
  gameRooms: refuse,
  gameRoomOpen: refuse,
  enterGame: refuse,
  gameInput: refuse,
  snapshot: refuse,
  catchUp: refuse,
  gameRoom: refuse,
  gameRoomInput: refuse,
}

function refuse(): never {
  throw new Refusal('GAME_NOT_FOUND', 'this server has no games')
}
