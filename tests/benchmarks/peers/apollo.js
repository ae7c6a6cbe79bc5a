import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import { startStandaloneServer } from '@apollo/server/standalone'
import responseCache from '@apollo/server-plugin-response-cache'

import { resolvers, typeDefs } from './schema.js'
import { contextOf } from './upstream.js'

export async function serve(port, upstream, keepsResponses) {
  const plugins = keepsResponses
    ? [
        ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
        (responseCache.default ?? responseCache)(),
      ]
    : []
  const server = new ApolloServer({ typeDefs, resolvers, plugins, introspection: false })
  await startStandaloneServer(server, {
    listen: { port, host: '127.0.0.1' },
    context: async () => contextOf(upstream),
  })
}
