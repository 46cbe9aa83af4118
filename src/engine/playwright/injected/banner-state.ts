/** How far autoconsent has come with the page's cookie banner. */
export function bannerState(): 'looking' | 'answering' | 'over' {
  const { autoconsentStandalone } = globalThis as {
    autoconsentStandalone?: { instance: { state: { lifecycle: string; detectedCmps: unknown[] } } };
  };
  if (!autoconsentStandalone) return 'over';
  const { lifecycle, detectedCmps } = autoconsentStandalone.instance.state;
  if (['done', 'optOutSucceeded', 'optOutFailed', 'nothingDetected'].includes(lifecycle)) return 'over';
  return detectedCmps.length > 0 ? 'answering' : 'looking';
}
