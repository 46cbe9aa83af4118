import { z } from 'zod';
import { boundedText } from './scalars.js';

/** More than a server takes of one request. */
const maxHeaders = 500;
const maxHeaderLength = 100_000;
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Header names to values; numbers and booleans become text. */
export const headers = () =>
  z
    .record(
      z.string(),
      z.preprocess(
        (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
        // Line breaks would let a value add headers of its own (RFC 9110 §5.5).
        boundedText(maxHeaderLength).regex(/^[^\r\n\0]*$/, 'expected a header value without line breaks'),
      ),
    )
    .superRefine((record, context) => {
      const names = Object.keys(record);
      if (names.length > maxHeaders) {
        context.addIssue({ code: 'custom', message: `expected at most ${maxHeaders} headers` });
        return;
      }
      for (const name of names) {
        if (!headerName.test(name)) {
          context.addIssue({
            code: 'custom',
            message: 'expected header names of letters, digits and the signs that RFC 9110 allows',
            path: [name],
          });
        }
      }
    });
