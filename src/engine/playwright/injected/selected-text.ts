/** The text that is selected, in a field too; never that of a password. */
export function selectedText(maxChars: number): string {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
    const { selectionStart: start, selectionEnd: end, type, value } = field;
    if (type !== 'password' && start !== null && end !== null) return value.slice(start, end).slice(0, maxChars);
  }
  return String(getSelection()).slice(0, maxChars);
}
