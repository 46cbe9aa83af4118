import { expect, it } from 'vitest';
import { settingRows, settings } from '../../../src/config/settings.js';

it('settingRows – a row for each setting, every variable with its prefix', () => {
  expect(settingRows()).toHaveLength(Object.keys(settings).length);
  for (const { env } of settingRows()) expect(env).toContain('`MOORING_');
});
