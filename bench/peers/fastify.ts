import { bareDialect, ownServer, type Peer } from './peer.ts'

/** The HTTP framework that is known for its speed, with two routes that answer as Drumbeat's do. */
export const fastify: Peer = {
  name: 'fastify',
  title: 'Fastify',
  packages: ['fastify'],
  server: () => ownServer('fastify'),
  dialect: bareDialect(() => '/'),
}
