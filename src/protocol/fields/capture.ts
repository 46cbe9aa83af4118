import { defineFields } from './define-fields.js';
import { flag, integer, optional, optionalFilled } from './scalars.js';

/** What is taken of the page as a picture, film or file. */
export const captureFields = defineFields('capture', {
  screenshot: {
    schema: optional(flag()).describe('Adds `solution.screenshot`: a PNG as base64, without a data-URL prefix.'),
    needs: ['document'],
    fillsSolution: true,
  },
  screenshotUpload: {
    schema: optional(flag()).describe(
      'Adds `solution.screenshotUrl`: a link to a PNG, good for an hour or until the session ends.',
    ),
    needs: ['document'],
    fillsSolution: true,
  },
  fullPage: {
    schema: optional(flag()).describe(
      'The screenshot shows the whole page, not only the viewport: at most 16 384 pixels a side.',
    ),
    needs: ['page'],
    dependsOn: ['screenshot', 'screenshotUpload'],
  },
  screenshotWidth: {
    schema: optionalFilled(integer(1, 8192, 'pixels')).describe(
      "Width of the viewport for the screenshot, CSS pixels. Default: that of the session's viewport.",
    ),
    needs: ['page'],
    dependsOn: ['screenshot', 'screenshotUpload'],
  },
  screenshotHeight: {
    schema: optionalFilled(integer(1, 8192, 'pixels')).describe(
      "Height of the viewport for the screenshot, CSS pixels. Default: that of the session's viewport.",
    ),
    needs: ['page'],
    dependsOn: ['screenshot', 'screenshotUpload'],
  },
  pdf: {
    schema: optional(flag()).describe('`solution.base64Response` is the page as a PDF.'),
    needs: ['document'],
    fillsSolution: true,
  },
  base64Response: {
    schema: optional(flag()).describe('`solution.base64Response` is the body of the answer, whatever its type.'),
    needs: ['navigation'],
    fillsSolution: true,
  },
  base64: {
    schema: optional(flag()).describe('The same as `base64Response`.'),
    needs: ['navigation'],
    fillsSolution: true,
  },
  binary: {
    schema: optional(flag()).describe('The same as `base64Response`.'),
    needs: ['navigation'],
    fillsSolution: true,
  },
  video: {
    schema: optional(flag()).describe(
      'Adds `solution.videoUrl`: a link to a film of the request (WebM), good for an hour or until the session ends.',
    ),
    needs: ['page'],
    fillsSolution: true,
  },
});
