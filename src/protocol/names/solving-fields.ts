/** Fields of the contract about solving challenges. */
export const solvingFields = [
  'automaticallySolveCaptchas',
  'alwaysLoad',
  'cloudflareBypass',
  'datadomeBypass',
  'kasadaBypass',
  'disableAntiBot',
] as const;

/** Whether a field is about solving challenges or a protection vendor: accepted, without effect, with a warning. */
export function isSolvingField(name: string): boolean {
  return /captcha|bypass$|turnstile|anti_?bot|datadome|incapsula|kasada|challenge$|^always_?load$/i.test(name);
}
