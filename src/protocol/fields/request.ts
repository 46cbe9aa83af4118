import { z } from 'zod';
import { actingFields } from './acting.js';
import { captureFields } from './capture.js';
import { requestDomainFields } from './domains.js';
import { extractionFields } from './extraction.js';
import { loadingFields } from './loading.js';
import { sendingFields } from './sending.js';
import { sessionOptionFields } from './session-options.js';
import { sessionUseFields } from './session-use.js';
import { trafficFields } from './traffic.js';
import { waitingFields } from './waiting.js';

/** The fields of every `request.*`. */
export const requestSchema = z.object({
  ...sendingFields,
  ...sessionUseFields,
  ...loadingFields,
  ...waitingFields,
  ...trafficFields,
  ...actingFields,
  ...extractionFields,
  ...captureFields,
  ...requestDomainFields,
  ...sessionOptionFields,
});
export type RequestFields = z.infer<typeof requestSchema>;
