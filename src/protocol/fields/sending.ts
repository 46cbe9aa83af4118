import { z } from 'zod';
import { cookieList } from './cookies.js';
import { defineFields } from './define-fields.js';
import { headers } from './headers.js';
import { integer, optional, optionalFilled, webUrl } from './scalars.js';

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** Where a request goes, and what it sends there. */
export const sendingFields = defineFields('sending', {
  url: optionalFilled(webUrl()).describe(
    'Where to go: an absolute `http://` or `https://` URL. Required unless `keepSamePage`.',
  ),
  requestType: optionalFilled(z.preprocess(lowerCase, z.enum(['browser', 'request']))).describe(
    '`browser`: a page. `request`: a plain HTTP exchange with cookies, name and exit of the session; its page stays as it ' +
      'is. Fields that need a page are refused with it; `response` and `innerText` are the body.',
  ),
  postData: {
    schema: optional(
      z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())], {
        error: 'expected text, an object or a list',
      }),
    ).describe(
      'The body. Text goes as it is. An object becomes form fields if it is flat, and JSON if a value in it is an object or ' +
        'a list; a list becomes JSON. The content type follows: JSON also for text that is a JSON object or list. ' +
        '`customHeaders["content-type"]` takes precedence: JSON if it says JSON, form fields if it says form.',
    ),
    needs: ['navigation'],
  },
  customHeaders: {
    schema: optionalFilled(headers()).describe(
      'Headers of the request for the page itself (not of what the page then loads). `cookie` sets cookies of the session.',
    ),
    needs: ['navigation'],
  },
  referer: {
    schema: optionalFilled(webUrl()).describe('The `Referer` of the request for the page.'),
    needs: ['navigation'],
  },
  cookies: optionalFilled(cookieList()).describe(
    'Cookies set before the request: `a=b; c=d`, or a list of `{name, value, domain, path, …}`. Twice changes nothing.',
  ),
  cookiejar: optionalFilled(cookieList()).describe('The same as `cookies`; entries may say `key` for `name`.'),
  retries: optionalFilled(integer(0, 10)).describe(
    'How often a GET is tried again when it got no usable response. Default: 0. What may have had an effect is not repeated.',
  ),
  attempts: optionalFilled(integer(1, 11)).describe('The same, the first try counted.'),
});
