import Fastify from 'fastify'
import mercurius from 'mercurius'
import cache from 'mercurius-cache'

import { resolvers, typeDefs } from './schema.js'
import { contextOf } from './upstream.js'

export async function serve(port, upstream, keepsResponses) {
  const app = Fastify()
  app.register(mercurius, {
    schema: typeDefs,
    resolvers,
    context: () => contextOf(upstream),
    jit: 1,
    cache: 1024,
  })
  if (keepsResponses) app.register(cache, { all: true, ttl: 60 })
  await app.listen({ port, host: '127.0.0.1' })
}
