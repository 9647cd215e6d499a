import type { Server } from 'socket.io'

/** The requests that the bench's clients send. */
export function addHandlers(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('broadcast', (message: unknown) => {
      io.emit('broadcast', message)
    })
    socket.on('join', async (room: number, done: () => void) => {
      await socket.join(`room-${room}`)
      done()
    })
    socket.on('broadcast-to', (room: number, message: unknown) => {
      io.to(`room-${room}`).emit('broadcast', message)
    })
    socket.on('direct', (name: string, message: unknown) => {
      io.to(name).emit('direct', message)
    })
  })
}
