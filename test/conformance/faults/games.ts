import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { Value } from '../faulty-proxy.ts'
import { changing, fields, isReply, without, withData, type FaultRow } from './fault.ts'

const GAMES = /^game\./
const isPatch = (value: Value) => value['eventType'] === SERVER_EVENT.patch
const isStatus = (value: Value) => value['eventType'] === SERVER_EVENT.status
const ofGame = (value: Value) => fields(fields(value['data'])['game'])

export const GAMES_FAULTS: readonly FaultRow[] = [
  {
    fault: 'a patch starts from the tick before its base',
    run: GAMES,
    fails: ['game.join', 'game.input', 'game.chain', 'game.snapshot', 'game.resume.json'],
    make: () => changing((value) => (isPatch(value) ? { ...value, base: Number(value['base']) - 1 } : value)),
  },
  {
    fault: 'the second patch of each connection is lost',
    run: GAMES,
    fails: ['game.chain', 'game.snapshot'],
    may: ['game.input', 'game.acks', 'game.resume.json'],
    make: () => ({
      frame: (value, line) => {
        if (!isPatch(value)) return [value]
        const patches = Number(line.memory.get('patches') ?? 0) + 1
        line.memory.set('patches', patches)
        return patches === 2 ? [] : [value]
      },
    }),
  },
  {
    fault: 'patches do not say what was handled',
    run: GAMES,
    fails: ['game.acks'],
    make: () => changing((value) => (isPatch(value) ? without(value, 'acks') : value)),
  },
  {
    fault: 'the changes of a patch are empty',
    run: GAMES,
    fails: ['game.join', 'game.input', 'game.chain', 'game.snapshot'],
    make: () => changing((value) => (isPatch(value) ? { ...value, changes: {} } : value)),
  },
  {
    fault: 'a join does not say which handle the room has',
    run: GAMES,
    fails: [
      'game.find.json',
      'game.find.msgpack',
      'game.join',
      'game.snapshot',
      'game.binary.input',
      'game.binary.cut-off',
      'game.binary.trailing',
    ],
    make: () =>
      changing((value) =>
        isReply(value) && 'handle' in ofGame(value)
          ? withData(value, { game: without(ofGame(value), 'handle') })
          : value,
      ),
  },
  {
    fault: "the game's own refusals have no code of the game",
    run: GAMES,
    fails: ['game.refused'],
    make: () =>
      changing((value) => {
        const error = fields(value['error'])
        return error['code'] === 'REFUSED' ? { ...value, error: without(error, 'details') } : value
      }),
  },
  {
    fault: 'the end is not told',
    run: GAMES,
    fails: ['game.chain', 'game.over'],
    make: () => ({ frame: (value) => (isStatus(value) ? [] : [value]) }),
  },
  {
    fault: 'the end has no place in the log',
    run: GAMES,
    fails: ['game.over'],
    make: () => changing((value) => (isStatus(value) ? without(value, 'offset') : value)),
  },
  {
    fault: 'who comes back is sent no state',
    run: GAMES,
    fails: ['game.resume.json', 'game.resume.msgpack'],
    make: () => ({ frame: (value) => (value['eventType'] === EVENT.roomSnapshot ? [] : [value]) }),
  },
  {
    fault: 'a list says of no room how many seats are taken',
    run: GAMES,
    fails: ['game.list'],
    make: () =>
      changing((value) => {
        const { rooms } = fields(value['data'])
        return Array.isArray(rooms)
          ? withData(value, { rooms: rooms.map((room) => without(fields(room), 'seats')) })
          : value
      }),
  },
]
