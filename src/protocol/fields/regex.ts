import { z } from 'zod';
import { errorMessage } from '../../errors.js';

/** `/source/flags`, or the source alone. All matches are looked for in any case. */
export function parseRegex(text: string): { source: string; flags: string } {
  const [, source = text, flags = ''] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text) ?? [];
  return { source, flags: [...new Set(`${flags}g`)].join('') };
}

/** What JavaScript finds wrong with an expression, without the expression itself. */
const regexFault = (error: unknown): string => {
  const fault = errorMessage(error).split(': ').at(-1) ?? '';
  return `${fault.charAt(0).toLowerCase()}${fault.slice(1, 60)}`;
};

/** Compiling takes the time of every request. */
const maxRegexLength = 2000;

/** The text of a regular expression that compiles. */
export const regex = () =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      if (text.length > maxRegexLength) {
        context.addIssue({ code: 'custom', message: `expected text of at most ${maxRegexLength} characters` });
        return;
      }
      try {
        const { source, flags } = parseRegex(text);
        // One `\p{RGI_Emoji}` takes 60 ms to compile, a class of letters in any case a third: that is for the page.
        if (!/[uv]/.test(flags)) new RegExp(source, flags);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `expected a regular expression (${regexFault(error)})` });
      }
    });
