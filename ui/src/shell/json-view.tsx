/** Texts are shown up to so many characters: a reply can hold pictures. */
const maxShown = 4000;

/** A value as JSON. Long texts are cut; copying gives them whole. */
export function JsonView({ value }: { readonly value: unknown }) {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? cut(part) : part), 2);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
    <pre class="json" tabIndex={0}>
      {text}
    </pre>
  );
}

const cut = (text: string): string =>
  text.length <= maxShown ? text : `${text.slice(0, maxShown)}… (${text.length - maxShown} characters more)`;
