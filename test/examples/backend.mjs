// A game's backend: it gives a prize, tells the winner and everybody in the arena. node backend.mjs WINNER, with SERVER and ADMIN_TOKEN.
const { SERVER = 'http://127.0.0.1:8080', ADMIN_TOKEN = '' } = process.env
const [winner = 'alice'] = process.argv.slice(2)

async function call(method, path, body) {
  const answer = await fetch(`${SERVER}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const result = await answer.json()
  if (!answer.ok) throw new Error(`${method} ${path}: ${result.error.code}: ${result.error.message}`)
  return result
}

const { balances } = await call('POST', `players/${winner}/credit`, {
  currency: 'gold',
  amount: 250,
  // Made of what it is for: said again after a timeout, it is no second prize.
  idempotency_key: `prize-of-match-4711-${winner}`,
})
console.log(`${winner} has ${balances.gold} gold`)

const { offset } = await call('POST', 'broadcast', {
  namespace: 'private',
  room: 'arena',
  message: { winner, prize: 250 },
  retain: true,
})
console.log(`told the arena: ${offset > 0}`)

const told = await call('POST', 'messages', { target_user_id: winner, text: 'You won 250 gold.' }).catch(
  (error) => error,
)
console.log(told instanceof Error ? `${winner} is not online` : `told ${winner} on ${told.delivered} devices`)
