import { channel } from 'node:diagnostics_channel';

/** Where it is told that something of ours failed in a callback, with nobody above it to catch it: `Error` by `Error`. */
export const faults = channel('mooring:fault');
