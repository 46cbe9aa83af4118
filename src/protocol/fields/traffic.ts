import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { flag, integer, listOf, optional, optionalFilled, strictList } from './scalars.js';

const urlPattern = () => z.string().min(1).max(2000);
/** How many patterns of one kind a request may have. */
const maxPatterns = 50;

/** What is done with the requests that the page sends. */
export const trafficFields = defineFields('traffic', {
  disableMedia: {
    schema: optional(flag()).describe('Load no images, styles, fonts, audio and video in this request.'),
    needs: ['page'],
  },
  interceptFetchRequest: {
    schema: optionalFilled(
      z.union([urlPattern(), strictList(urlPattern(), maxPatterns)], { error: 'expected text or a list of texts' }),
    ).describe(
      'A part of a URL, `*` for any text, or a list: the first answer from each is waited for, and becomes ' +
        '`solution.interceptFetchRequestResponse`. One that does not come in the time of the request is CODE-0020.',
    ),
    needs: ['page'],
    fillsSolution: true,
  },
  abortOnDetection: {
    schema: optionalFilled(listOf(urlPattern())).describe(
      'Parts of URLs, `*` for any text: such requests of the page are not let out, and told in ' +
        '`solution.abortOnDetectionResponse`. Never the navigation to `url` itself.',
    ),
    needs: ['page'],
  },
  abortOnPostRequest: {
    schema: optional(flag()).describe('With `abortOnDetection`: only POST requests.'),
    needs: ['page'],
    dependsOn: ['abortOnDetection'],
  },
  waitForAbortOnDetection: {
    schema: optional(flag()).describe(
      'With `abortOnDetection`: wait, after the actions, until there was such a request.',
    ),
    needs: ['page'],
    dependsOn: ['abortOnDetection'],
  },
  waitForAbortOnDetectionTimeout: {
    schema: optionalFilled(integer(1, 600_000, 'milliseconds')).describe(
      'How long to wait for it, milliseconds. Default: 45000. The reply comes then without it, with a warning.',
    ),
    needs: ['page'],
    dependsOn: ['waitForAbortOnDetection'],
  },
});
