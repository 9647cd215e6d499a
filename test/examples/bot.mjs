// A bot that rolls dice for a room: node bot.mjs, with SERVER, TOKEN and ROOM in the environment.
import { connect, EVENT } from 'drumbeat/client'

const { SERVER = 'http://127.0.0.1:8080', TOKEN = '', ROOM = 'tavern' } = process.env

const game = await connect({ url: SERVER, namespace: 'private', token: () => TOKEN })
const me = game.session?.userId

game.on(EVENT.broadcast, async ({ room, userId, payload }) => {
  const [, sides] = /^!roll d(\d+)$/.exec(String(payload.message?.text)) ?? []
  if (room !== ROOM || userId === me || sides === undefined) return
  const result = 1 + Math.floor(Math.random() * Number(sides))
  await game.broadcast({ text: `${userId} rolled ${result} of ${sides}` }, { room: ROOM })
})

const { members } = await game.join(ROOM)
console.log(`the bot is in ${ROOM}, one of ${members}`)
