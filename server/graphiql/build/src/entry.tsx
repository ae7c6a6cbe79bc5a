import './style.css';

import { createRoot } from 'react-dom/client';

import { readConfig } from './config';
import { createPage } from './page';
import { provideWorkers } from './workers';

const config = readConfig();
provideWorkers(config.workers);

const root = document.getElementById('graphiql');
if (!root) {
  throw new Error('The page has no element for GraphiQL.');
}
const Page = createPage(config);
createRoot(root).render(<Page />);
