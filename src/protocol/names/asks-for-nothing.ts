/** `false`, nothing and an empty value ask for nothing, so they are no reason to refuse or to warn. */
export function asksForNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === 'false' ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}
