import { bareDialect, ownServer, type Peer } from './peer.ts'

/** The HTTP framework that people know for its speed: two routes that answer as ours do. */
export const fastify: Peer = {
  name: 'fastify',
  title: 'Fastify',
  packages: ['fastify'],
  server: () => ownServer('fastify'),
  dialect: bareDialect(() => '/'),
}
