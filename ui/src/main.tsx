import { render } from 'preact';
import { App } from './app.js';
import './style/base.css';
import './style/controls.css';
import './style/pages.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
