// A chat with who is there, in the browser: ?server=http://127.0.0.1:8080#TOKEN of `npx drumbeat token alice`.
import { connect, EVENT, SERVER_EVENT } from 'drumbeat/client'

const ROOM = 'chat'
const at = (id) => document.getElementById(id)
const server = new URLSearchParams(location.search).get('server') ?? location.origin
const here = new Set()

const byName = (one, other) => one.localeCompare(other)

function addLine(text) {
  at('lines').append(Object.assign(document.createElement('li'), { textContent: text }))
}

function showPeople() {
  const people = [...here]
    .toSorted(byName)
    .map((name) => Object.assign(document.createElement('li'), { textContent: name }))
  at('people').replaceChildren(...people)
}

async function fetchPeople() {
  here.clear()
  for (const { user_id: name } of (await game.listPresence({ room_id: ROOM })).users) here.add(name)
  showPeople()
}

const game = await connect({ url: server, namespace: 'private', token: () => location.hash.slice(1) })
game.on('status', ({ status }) => (at('status').textContent = status))
at('status').textContent = 'ready'

game.on(EVENT.broadcast, ({ userId, payload }) => addLine(`${userId}: ${payload.message.text}`))
game.on(SERVER_EVENT.joined, ({ payload }) => {
  for (const name of payload.users) here.add(name)
  showPeople()
})
game.on(SERVER_EVENT.left, ({ payload }) => {
  for (const name of payload.users) here.delete(name)
  showPeople()
})
game.on('gap', fetchPeople)

await game.join(ROOM)
await fetchPeople()

at('say').addEventListener('submit', (event) => {
  event.preventDefault()
  const { text } = event.target.elements
  game.broadcast({ text: text.value }, { room: ROOM }).then(
    () => (text.value = ''),
    (error) => addLine(`not said: ${error.message}`),
  )
})
