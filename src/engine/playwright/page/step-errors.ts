import { errorMessage, MooringError } from '../../../errors.js';

/** How much of what a page throws is told. */
const exceptionChars = 300;

export const tooSlowError = (what: string, timeoutMs: number, cause: unknown): MooringError =>
  new MooringError('NAVIGATION_TIMEOUT', `expected ${what} within ${Math.round(timeoutMs)} ms; it did not.`, { cause });

export const movedOnError = (cause: unknown): MooringError =>
  new MooringError('BROWSER_FAILED', 'expected the page to stay; it moved on before the action had finished.', {
    cause,
  });

export const notAFieldError = (selector: string, label: string): MooringError =>
  new MooringError(
    'INVALID_PARAMETER',
    `expected a field to type into at ${selector}; it is ${label}, which takes no text.`,
  );

export const notASelectError = (selector: string, label: string): MooringError =>
  new MooringError('INVALID_PARAMETER', `expected a select element at ${selector}; it is ${label}.`);

/** What a page throws is its own word, and the caller's code: what the driver puts before it is not. */
export function scriptError(error: unknown): MooringError {
  const [first = ''] = errorMessage(error)
    .replace(/^\w+\.\w+: /, '')
    .split('\n', 1);
  const said = first.length > exceptionChars ? `${first.slice(0, exceptionChars)}…` : first;
  return new MooringError('INVALID_PARAMETER', `expected code that runs; the page says ${said}.`, { cause: error });
}

export function optionError(
  selector: string,
  option: number | string,
  found: readonly string[],
  cause: unknown,
): MooringError {
  const there = found
    .slice(0, 20)
    .map((value) => JSON.stringify(value.slice(0, 80)))
    .join(', ');
  return new MooringError(
    'ELEMENT_NOT_FOUND',
    `expected an option ${JSON.stringify(option)} in ${selector} that can be chosen; there are ${there || 'none'}.`,
    { cause },
  );
}
