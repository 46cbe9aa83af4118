/**
 * JSON as it came over the wire. Tests look into it at any depth and say what they expect there: a type would say that it
 * is so already.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyJson = any;
