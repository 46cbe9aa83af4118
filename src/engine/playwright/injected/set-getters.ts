/** A script that makes properties of a DOM interface say something else, by getters named as the browser's own. */
export const setGetters = (owner: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(
      ([name, value]) =>
        `Object.defineProperty(${owner}.prototype, '${name}', { configurable: true, enumerable: true, get: { get ${name}() { return ${JSON.stringify(value)}; } }.__lookupGetter__('${name}') });`,
    )
    .join('');
