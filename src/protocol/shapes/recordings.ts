import { choice, flag, integer, named, nullable, object, pageOf, ref, text, TIME } from './build.ts'
import { RECORDING_ID as RECORDING_ID_FORM } from '../ids.ts'
import { ROOM_ID } from './values.ts'

export const RECORDING_ID = named(
  'RecordingId',
  text(
    'The id of a recording: that of its room with a dot for the colon, and a number behind it if the room has more.',
    {
      pattern: RECORDING_ID_FORM.source,
    },
  ),
)

/** The recording of a room, as it is listed. The file itself has what entered the room, and its states. */
export const RECORDING = named(
  'Recording',
  object({
    id: ref(RECORDING_ID),
    room_id: ref(ROOM_ID),
    game: text('The name of its game.'),
    version: integer('Of the game, when it was begun.', 1),
    began: choice(
      ['start', 'checkpoint'],
      'start: with the first tick. checkpoint: with the last state before the room failed.',
    ),
    at: TIME,
    first_tick: integer('The first state is that behind this tick.'),
    last_tick: nullable(integer('The last one; null: it is being written.')),
    bytes: integer('How large it is.'),
    is_open: flag('It is being written.'),
    why: nullable(
      text(
        'Why it ended: as a room does, `lost` with the server, or `cut` while the room went on. null: it is being written.',
      ),
    ),
    message: nullable(text('More of that, for people.')),
  }),
)
export const RECORDING_PAGE = named('RecordingPage', pageOf(ref(RECORDING)))
