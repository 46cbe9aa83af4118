/** The zone that most people of a large country live in; of the others the first that there is. */
const mainZones: Readonly<Record<string, string>> = {
  AR: 'America/Argentina/Buenos_Aires',
  AU: 'Australia/Sydney',
  BR: 'America/Sao_Paulo',
  CA: 'America/Toronto',
  CD: 'Africa/Kinshasa',
  CL: 'America/Santiago',
  CN: 'Asia/Shanghai',
  DE: 'Europe/Berlin',
  EC: 'America/Guayaquil',
  ES: 'Europe/Madrid',
  FR: 'Europe/Paris',
  ID: 'Asia/Jakarta',
  KZ: 'Asia/Almaty',
  MX: 'America/Mexico_City',
  MY: 'Asia/Kuala_Lumpur',
  NZ: 'Pacific/Auckland',
  PT: 'Europe/Lisbon',
  RU: 'Europe/Moscow',
  UA: 'Europe/Kyiv',
  US: 'America/New_York',
  UZ: 'Asia/Tashkent',
};

/** The time zone of this machine, which sessions have without another one: its IANA name. */
export const machineTimezone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Whether two names are of one zone (`UTC` and `Etc/UTC` are). */
export function isSameZone(a: string, b: string): boolean {
  const [first, second] = [a, b].map((timeZone) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
    } catch {
      return timeZone; // one that is not known here
    }
  });
  return first === second;
}

/** The languages and the time zone that a browser in that country most likely has. @param country ISO code */
export function placeOf(country: string): { languages: string[]; timezone: string | undefined } {
  const locale = new Intl.Locale('und', { region: country }).maximize();
  const tag = `${locale.language}-${country}`;
  const languages = locale.language === 'en' ? [tag, 'en'] : [tag, locale.language, 'en-US', 'en'];
  // Not yet in the compiler's library.
  const { timeZones } = locale as Intl.Locale & { readonly timeZones?: readonly string[] };
  return { languages, timezone: mainZones[country] ?? timeZones?.[0] };
}
