import { createServer } from 'node:http'

import { useGraphQlJit } from '@envelop/graphql-jit'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga } from 'graphql-yoga'

import { resolvers, typeDefs } from './schema.js'
import { contextOf } from './upstream.js'

export async function serve(port, upstream, keepsResponses) {
  const plugins = [useGraphQlJit()]
  if (keepsResponses) plugins.push(useResponseCache({ session: () => null, ttl: 60_000 }))
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers }),
    context: () => contextOf(upstream),
    plugins,
    graphiql: false,
    logging: false,
  })
  createServer(yoga).listen(port, '127.0.0.1')
}
