import { Refusal } from '../../protocol/errors.ts'
import { parseRecordingId, parseRoomId } from '../../protocol/ids.ts'
import { toSortedPage } from '../../protocol/page.ts'
import { jsonAnswer, SECURITY_HEADERS } from '../http.ts'
import { PAGE_QUERY, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

const PARAMS = { id: 'RecordingId' } as const

export function recordingRoutes({ primary, recordings }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/recordings',
      access: 'admin',
      query: [...PAGE_QUERY, 'room'],
      operation: {
        id: 'listRecordings',
        summary: 'The recordings of rooms that this node has, by their ids. With `room`, those of one room.',
        answers: { 200: 'RecordingPage' },
      },
      run: ({ query }) => {
        const page = parsePage(query)
        const room = query.get('room')
        const wanted = room === null ? undefined : parseRoomId(room, 'room')
        const ids = recordings.list()
        const found = (some: readonly string[]) => some.flatMap((id) => recordings.find(id) ?? [])
        if (wanted !== undefined) {
          const ofRoom = found(ids).filter(({ room_id }) => room_id === wanted)
          return jsonAnswer(toSortedPage(ofRoom, ({ id }) => id, page))
        }
        // Each recording is a file to open, so only those of the page are opened.
        const { items, next_cursor } = toSortedPage(ids, (id) => id, page)
        return jsonAnswer({ items: found(items), next_cursor })
      },
    },
    {
      method: 'GET',
      path: '/api/v1/recordings/:id',
      access: 'admin',
      operation: {
        id: 'getRecording',
        summary: 'A recording, as a file for `drumbeat replay`. It may still be growing.',
        params: PARAMS,
        answers: { 200: 'application/octet-stream' },
        errors: ['NOT_FOUND'],
      },
      run: async ({ params }) => {
        const id = parseRecordingId(params['id'], 'id')
        const body = await recordings.read(id)
        if (!body) throw notFound(id)
        const headers = {
          'content-type': 'application/octet-stream',
          'content-disposition': `attachment; filename="${id}.recording"`,
          'cache-control': 'no-store',
          ...SECURITY_HEADERS,
        }
        return { status: 200, headers, body }
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/recordings/:id',
      access: 'admin',
      operation: {
        id: 'deleteRecording',
        summary: 'Deletes a recording. If it is still being written, it ends, and its room goes on.',
        params: PARAMS,
        answers: { 200: 'Empty' },
        errors: ['NOT_FOUND'],
      },
      run: async ({ params, span }) => {
        const id = parseRecordingId(params['id'], 'id')
        const { wasThere } = await primary.ask('recordingDelete', { id }, span)
        if (!wasThere) throw notFound(id)
        return jsonAnswer({})
      },
    },
  ]
}

function notFound(id: string): Refusal {
  return new Refusal('NOT_FOUND', `no recording "${id}"`)
}
