import type { Handlers } from '../../link/link.ts'
import type { GameMethods } from '../../link/methods/games.ts'
import { recordKey } from '../../idempotency/key.ts'
import type { AddBotArgs, GameRoom, MovedRoom, OpenArgs } from '../../link/methods/games.ts'
import type { AddedBot } from '../../link/methods/host.ts'
import { Refusal } from '../../protocol/errors.ts'
import type { RoomId } from '../../protocol/ids.ts'
import { answerWith, changeInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'

type Needs = Pick<PrimaryContext, 'games' | 'idempotency' | 'clock' | 'store'>

export function gameMethods(context: Needs): Handlers<GameMethods> {
  const { games, clock } = context
  const { entrances, finder, hosts } = games
  return {
    find: (args, reply, _span, untilMs) => finder.find(args, reply, untilMs),
    gameRooms: ({ namespace, ...asked }, reply) => reply(finder.list(namespace, asked)),
    enterGame: (args, reply, _span, untilMs) => entrances.join(args, reply, untilMs),
    gameInput: (args, reply, _span, untilMs) => entrances.input(args, reply, untilMs),
    snapshot: ({ connectionId, room }, reply, _span, untilMs) => entrances.snapshot(connectionId, room, reply, untilMs),
    catchUp: (args, reply, _span, untilMs) => entrances.catchUp(args, reply, untilMs),
    games: (_args, reply) =>
      reply({
        items: hosts.games.map((game) => ({
          ...game,
          count: games.rooms.countOf(game.name),
          failures: games.failures.of(game.name),
        })),
      }),
    gameRoomOpen: (args, reply, _span, untilMs) => answerWith(changeInTime(clock, open(context, args), untilMs), reply),
    gameRoom: ({ room }, reply, _span, untilMs) => games.inspect(room, reply, untilMs),
    gameRoomEntries: (args, reply, _span, untilMs) => games.entries(args, reply, untilMs),
    gameRoomKick: (args, reply, _span, untilMs) => games.kick(args, reply, untilMs),
    gameRoomMove: ({ room, host }, reply) => answerWith(moveRoom(games, room, host), reply),
    gameRoomInput: (args, reply, _span, untilMs) => games.inputAs(args, reply, untilMs),
    gameBotAdd: (args, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, addBot(context, args, untilMs), untilMs), reply),
    gameBotRemove: (args, reply, _span, untilMs) => games.removeBot(args, reply, untilMs),
    recordingDelete: ({ id }, reply) =>
      answerWith(
        games.recordings.delete(id).then((wasThere) => ({ wasThere })),
        reply,
      ),
  }
}

/** Throws ROOM_NOT_FOUND, and what `Relocation.move` throws. */
async function moveRoom(games: Needs['games'], room: RoomId, host: number | null): Promise<MovedRoom> {
  return games.relocation.move(games.requireRoom(room), host ?? undefined)
}

/** Opens a room. A repeated request with the same key gets the room of the first one, which may have ended meanwhile. */
function open(context: Needs, { idempotencyKey, ...args }: OpenArgs): Promise<GameRoom> {
  return once(context, {
    record: idempotencyKey === null ? null : recordKey('gameRoom', args.game, idempotencyKey),
    fingerprint: JSON.stringify(args),
    make: () => answerOf((done) => context.games.finder.open({ ...args, idempotencyKey }, done)),
  })
}

/** Adds a bot. A repeated request with the same key gets the bot of the first one, which may have left meanwhile. */
function addBot(context: Needs, { idempotencyKey, ...args }: AddBotArgs, untilMs?: number): Promise<AddedBot> {
  return once(context, {
    record: idempotencyKey === null ? null : recordKey('gameBot', args.room, idempotencyKey),
    fingerprint: JSON.stringify(args),
    make: () => answerOf((done) => context.games.addBot(args, done, untilMs)),
  })
}

interface Making<Answer> {
  /** The key of the record in the store. Null if the request has no idempotency key. */
  readonly record: string | null
  readonly fingerprint: string
  readonly make: () => Promise<Answer>
}

/** Runs `make` once for a key. A host's work cannot be part of a transaction, so the record is written after it. */
function once<Answer extends object>(
  { idempotency, store }: Needs,
  { record: key, fingerprint, make }: Making<Answer>,
): Promise<Answer> {
  if (key === null) return make()
  return idempotency.once<Answer, Answer>({
    key,
    fingerprint,
    run: async (keep) => {
      const made = await make()
      const kept = keep(made)
      await store.commit({ guards: [{ key: kept.key, revision: 0 }], puts: [kept], durable: true })
      return made
    },
    repeat: ({ answer }) => answer,
  })
}

function answerOf<Answer>(ask: (done: (result: Answer | Refusal) => void) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    ask((result) => (result instanceof Refusal ? reject(result) : resolve(result)))
  })
}
