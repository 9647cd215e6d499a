/**
 * Plays a match of tictactoe in this room, from the last cell to the first. The same in each runtime.
 * @param {typeof import('../../../src/client/index.ts').connect} connect
 * @param {import('../../../src/client/index.ts').ClientOptions} options
 * @param {string} id
 */
export async function match(connect, options, id) {
  const client = await connect(options)
  const room = await client.enter(id)
  const changes = []
  const refused = []
  let ticks = 0
  await new Promise((resolve) => {
    room.on('status', (change) => {
      changes.push(change.status)
      if (change.status === 'left') resolve(undefined)
    })
    room.subscribe(({ phase, players, turn, cells }) => {
      ticks++
      if (phase !== 'playing' || players[turn] !== room.seat) return
      room.send.place({ cell: cells.lastIndexOf('') }).catch(({ code }) => refused.push(code))
    })
  })
  const { state, result, seat, acked, clock } = room
  client.close()
  return {
    cells: state.cells,
    how: result.how,
    isWon: result.winner === seat,
    changes,
    refused,
    ticks,
    acked,
    ms: clock.nowMs,
  }
}
