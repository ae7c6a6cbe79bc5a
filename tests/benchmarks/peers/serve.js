// node serve.js KIND PORT URLS KEEPS: KEEPS is nothing, answers (those of the REST APIs, in undici's HTTP cache), decoded (the
// same as objects) or responses (whole ones, and what they are made of as objects).
import { Upstream } from './upstream.js'

const [kind, port, urls, keeps] = process.argv.slice(2)
const { serve } = await import(`./${kind}.js`)
await serve(Number(port), new Upstream(JSON.parse(urls), keeps), keeps === 'responses')
