import { defineFields } from './define-fields.js';
import { boundedText, flag, integer, optional, optionalFilled } from './scalars.js';

/** The time of a batch and of a request have the same bounds. */
export const requestTimeout = () => optionalFilled(integer(1, 3_600_000, 'milliseconds'));

/** What is waited for, and how long. */
export const waitingFields = defineFields('waiting', {
  timeout: requestTimeout().describe(
    'Milliseconds for the whole request, waiting included; the answer comes a little before. Default: the setting ' +
      '`MOORING_REQUEST_TIMEOUT` (60000), which begins with the page when the request opens its session.',
  ),
  fullPageLoad: {
    schema: optional(flag()).describe('Wait until the network is idle, not only for the `load` event.'),
    needs: ['page'],
  },
  dontWaitOnPageLoad: {
    schema: optional(flag()).describe('Wait until the document is parsed, not for the `load` event.'),
    needs: ['page'],
  },
  waitForUrl: {
    schema: optionalFilled(boundedText()).describe(
      'Then wait until the address contains this; `*` stands for any text.',
    ),
    needs: ['document'],
  },
});
