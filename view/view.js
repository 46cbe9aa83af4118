import { LiveView } from './live-view.js';

const view = new LiveView();
view.setAttribute('src', location.pathname);
view.addEventListener('statechange', () => {
  const { session } = view.state ?? {};
  document.title = session ? `Live view of ${session}` : 'Live view';
});
document.querySelector('main').append(view);
