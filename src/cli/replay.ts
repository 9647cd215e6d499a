import { Console } from 'node:console'
import { readRecording, type Recording } from '../games/recording/read.ts'
import { RecordingError } from '../games/recording/format.ts'
import { playRecording, type PlayOptions } from '../games/recording/play.ts'
import { compareBuilds, compareRecordings } from '../games/recording/compare.ts'
import type { Game } from '../games/define.ts'
import { closeRealm } from '../games/realm-guards.ts'
import { GamesError, loadGames } from '../host/loader.ts'
import { isScript } from '../base/file-stamp.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { loadSettings, parseNumber, print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { ReplayLines } from './replay-lines.ts'
import { statSync } from 'node:fs'

export const command = defineCommand({
  usage: ['replay FILE [--games FILE_OR_FOLDER ...] [--to TICK] [--against OTHER] [--json] [--summary] [--all]'],
  about: [
    'replays the recording of a room: prints the entries and what they changed, and compares the states with the recording;',
    'exit code 1: they differ; the first tick and path that differ are printed. By default the games are those of GAMES.',
    '--to stops after a tick; --against compares with another recording, or with another build of the game (a file or a folder);',
    '--json prints one object per line; --summary prints no ticks; --all also prints ticks without entries',
  ],
  options: {
    games: { type: 'string', multiple: true },
    to: { type: 'string' },
    against: { type: 'string' },
    json: { type: 'boolean' },
    summary: { type: 'boolean' },
    all: { type: 'boolean' },
  },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) throw new UsageError('replay takes one file: the recording of a room')
    const lines = new ReplayLines({
      isJson: values.json === true,
      isSummary: values.summary === true,
      isAll: values.all === true,
      write: (line) => print(`${line}\n`),
    })
    const asked: Asked = {
      recording: await saying(() => readRecording(file)),
      games: values.games ?? [],
      toTick: values.to === undefined ? undefined : parseNumber('--to', values.to, 0),
      lines,
    }
    lines.head(asked.recording.head)
    const { against } = values
    const isSame = await saying(() => (against === undefined ? replay(asked) : holdAgainst(asked, against)))
    if (!isSame) process.exitCode = EXIT.problems
  },
})

interface Asked {
  readonly recording: Recording
  readonly games: readonly string[]
  readonly toTick: number | undefined
  readonly lines: ReplayLines
}

const RECORDED = 'the recording'

/** Returns whether the replay comes to the same states. */
async function replay(asked: Asked): Promise<boolean> {
  const report = playRecording(await gameOf(asked), asked.recording, optionsOf(asked))
  asked.lines.end(report, RECORDED)
  if (report.difference) asked.lines.difference(report.difference, RECORDED)
  return report.difference === undefined
}

async function holdAgainst(asked: Asked, other: string): Promise<boolean> {
  const { recording, lines, toTick } = asked
  if (isGame(other)) {
    const [game, second] = [await gameOf(asked), await gameOf({ ...asked, games: [other] })]
    const { report, difference } = compareBuilds(game, second, recording, optionsOf(asked))
    lines.end(report, RECORDED)
    if (report.difference) lines.difference(report.difference, RECORDED)
    if (difference) lines.difference(difference, other)
    else lines.compared(report.ticks, other)
    return !report.difference && !difference
  }
  const { ticks, difference } = compareRecordings(recording, readRecording(other), toTick)
  if (difference) lines.difference(difference, other)
  else lines.compared(ticks, other)
  return difference === undefined
}

function optionsOf({ toTick, lines }: Asked): PlayOptions {
  return {
    ...(toTick === undefined ? {} : { toTick }),
    onPart: (part, run) => lines.part(part, run),
    onTick: (tick) => lines.tick(tick),
    onNote: (note) => lines.note(note),
  }
}

async function gameOf({ recording, games: given }: Pick<Asked, 'recording' | 'games'>): Promise<Game> {
  closeRealm()
  // Output of games must not be mixed with the output of this command.
  globalThis.console = new Console(process.stderr)
  const places = given.length > 0 ? given : loadSettings().settings.GAMES
  const games = await loadGames(places)
  const { game: name } = recording.head
  const game = games.get(name)
  if (game) return game
  const found = [...games.keys()].join(', ')
  throw new RecordingError(
    `the recording is of the game ${name}, which is not in ${places.join(', ')} (found: ${found || 'none'}): use --games FILE`,
  )
}

function isGame(place: string): boolean {
  return isScript(place) || statSync(place, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Turns errors of recordings and games into UsageErrors, whose messages are printed. */
async function saying<Result>(act: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    const isForPeople = error instanceof RecordingError || error instanceof GamesError
    if (!isForPeople) throw error
    throw new UsageError(error.message)
  }
}
