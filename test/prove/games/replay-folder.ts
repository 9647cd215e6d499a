/** A process that plays all recordings of a folder again and says what came of it: `node replay-folder.ts FOLDER`. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Game } from '../../../src/games/define.ts'
import { playRecording } from '../../../src/games/recording/play.ts'
import { readRecording } from '../../../src/games/recording/read.ts'
import { saga } from '../../helpers/games/saga.ts'
import leaky from './leaky-game.ts'

/** What came of all of them. */
export interface Replayed {
  readonly recordings: number
  readonly ticks: number
  readonly hashes: number
  readonly states: number
  /** Those without an end of their game. */
  readonly unended: number
  readonly torn: number
  readonly differences: readonly string[]
}

const GAMES: readonly Game[] = [saga, leaky]
const [folder = ''] = process.argv.slice(2)
const sum = { recordings: 0, ticks: 0, hashes: 0, states: 0, unended: 0, torn: 0 }
const differences: string[] = []
for (const name of readdirSync(folder)) {
  const recording = readRecording(path.join(folder, name))
  const game = GAMES.find((one) => one.name === recording.head.game)
  if (!game) throw new Error(`there is no game ${recording.head.game}`)
  const { ticks, hashes, states, end, torn, difference } = playRecording(game, recording)
  sum.recordings++
  sum.ticks += ticks
  sum.hashes += hashes
  sum.states += states
  if (end?.isOfGame !== true) sum.unended++
  if (torn !== undefined) sum.torn++
  if (difference) differences.push(`${name}, tick ${difference.tick}: ${difference.what}`)
}
process.stdout.write(JSON.stringify({ ...sum, differences } satisfies Replayed))
