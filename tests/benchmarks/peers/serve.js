// node serve.js KIND PORT URLS KEEPS: KEEPS is nothing, answers (those of the REST APIs) or responses (whole ones too).
import { Upstream } from './upstream.js'

const [kind, port, urls, keeps] = process.argv.slice(2)
const { serve } = await import(`./${kind}.js`)
await serve(Number(port), new Upstream(JSON.parse(urls), keeps !== 'nothing'), keeps === 'responses')
