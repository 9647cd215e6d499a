import type { Handlers } from '../../link/link.ts'
import type { GameMethods } from '../../link/methods/games.ts'
import { recordKey } from '../../idempotency/key.ts'
import type { GameRoom, OpenArgs } from '../../link/methods/games.ts'
import { Refusal } from '../../protocol/errors.ts'
import { answerWith, changeInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'

type Needs = Pick<PrimaryContext, 'games' | 'idempotency' | 'clock' | 'store'>

/** Rooms with games. */
export function gameMethods(context: Needs): Handlers<GameMethods> {
  const { games, clock } = context
  const { entrances, finder, hosts } = games
  return {
    find: (args, reply, _span, untilMs) => finder.find(args, reply, untilMs),
    gameRooms: ({ namespace, ...asked }, reply) => reply(finder.list(namespace, asked)),
    enterGame: (args, reply, _span, untilMs) =>
      entrances.join(
        args,
        (result) => reply(result instanceof Refusal ? result : { ...result, room: args.room }),
        untilMs,
      ),
    gameInput: (args, reply, _span, untilMs) => entrances.input(args, reply, untilMs),
    snapshot: ({ connectionId, room }, reply, _span, untilMs) => entrances.snapshot(connectionId, room, reply, untilMs),
    catchUp: (args, reply, _span, untilMs) => entrances.catchUp(args, reply, untilMs),
    games: (_args, reply) => reply({ items: hosts.games }),
    gameRoomOpen: (args, reply, _span, untilMs) => answerWith(changeInTime(clock, open(context, args), untilMs), reply),
    gameRoom: ({ room }, reply, _span, untilMs) => games.inspect(room, reply, untilMs),
    gameRoomInput: (args, reply, _span, untilMs) => games.inputAs(args, reply, untilMs),
  }
}

/** The room that an idempotency key has made is in the record; it may be over by now. */
function open({ games, idempotency, store }: Needs, { idempotencyKey, ...args }: OpenArgs): Promise<GameRoom> {
  const make = () => openOne(games, { ...args, idempotencyKey })
  if (idempotencyKey === null) return make()
  return idempotency.once<GameRoom, GameRoom>({
    key: recordKey('gameRoom', args.game, idempotencyKey),
    fingerprint: JSON.stringify(args),
    run: async (keep) => {
      const room = await make()
      const kept = keep(room)
      await store.commit({ guards: [{ key: kept.key, revision: 0 }], puts: [kept], durable: true })
      return room
    },
    repeat: ({ answer }) => answer,
  })
}

function openOne({ finder }: Needs['games'], args: OpenArgs): Promise<GameRoom> {
  return new Promise((resolve, reject) => {
    finder.open(args, (result) => (result instanceof Refusal ? reject(result) : resolve(result)))
  })
}
