import Fastify from 'fastify'
import { announce } from './announce.ts'

const server = Fastify()
const GOODS = {
  items: Array.from({ length: 10 }, (_, i) => {
    const free = { per_user_limit: null, sale_from: null, sale_until: null }
    return { id: `good-${i}`, name: `Good ${i}`, price: 5, currency: 'gold', stock: 100, ...free }
  }),
  next_cursor: null,
}
server.get('/health', () => ({ status: 'ok' }))
server.get('/api/v1/goods', () => GOODS)
announce(Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port))
