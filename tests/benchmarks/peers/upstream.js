// The three REST APIs as a Node server reaches them: pooled connections, one dataloader a route and request. Where `keeps`
// is answers, undici's own HTTP cache keeps them for a minute; where it is decoded or responses, they are kept as objects for
// a minute and shared while they are being fetched, by a cache that one writes for oneself.
import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'
import { cacheStores, interceptors, Pool } from 'undici'

const HEADERS = {
  'accept-language': 'en-US',
  'x-api-key': 'bench',
  'x-musement-application': 'bench',
}

export class Upstream {
  constructor(urls, keeps) {
    this.hosts = Object.fromEntries(
      Object.entries(urls).map(([name, url]) => {
        const { origin, pathname } = new URL(url)
        const pool = new Pool(origin, { connections: 128 })
        return [name, { pool: keeps === 'answers' ? cached(pool) : pool, base: pathname.replace(/\/$/, '') }]
      }),
    )
    this.kept = ['decoded', 'responses'].includes(keeps) ? new LRUCache({ max: 10_000, ttl: 60_000 }) : undefined
  }

  get(provider, path) {
    if (!this.kept) return this.fetch(provider, path)
    const key = provider + path
    let answer = this.kept.get(key)
    if (answer === undefined) {
      answer = this.fetch(provider, path)
      this.kept.set(key, answer)
      answer.catch(() => this.kept.delete(key))
    }
    return answer
  }

  async fetch(provider, path) {
    const { pool, base } = this.hosts[provider]
    const reply = await pool.request({ method: 'GET', path: base + path, headers: HEADERS })
    if (reply.statusCode === 200) return reply.body.json()
    await reply.body.dump()
    if (reply.statusCode === 404) return []
    throw new Error(`${provider} answered ${reply.statusCode}`)
  }
}

// The providers of the benchmark say nothing of freshness.
const cached = (pool) =>
  pool.compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore({ maxCount: 10_000 }), cacheByDefault: 60 }))

export function contextOf(upstream) {
  const loader = (provider, path) =>
    new DataLoader((keys) => Promise.all(keys.map((key) => upstream.get(provider, path(key)))))
  return {
    upstream,
    activity: loader('musement', (key) => `/activities/${key}`),
    activityMedia: loader('musement', (key) => `/activities/${key}/media`),
    pictures: loader('clubmed', (key) => `/v1/products/${key}/pictures`),
    videos: loader('clubmed', (key) => `/v0/products/${key}/videos`),
  }
}
