// The three REST APIs as a Node server reaches them: pooled connections, one dataloader a route and request, and,
// where `keeps` is true, answers kept decoded for a minute and shared while they are being fetched.
import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'
import { Pool } from 'undici'

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
        return [name, { pool: new Pool(origin, { connections: 128 }), base: pathname.replace(/\/$/, '') }]
      }),
    )
    this.kept = keeps ? new LRUCache({ max: 10_000, ttl: 60_000 }) : undefined
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
