#!/usr/bin/env node
// Read before the first use of the pool, which is the loading of the next module: only this file can set it.
process.env.UV_THREADPOOL_SIZE ??= '16';
void import('./main.js');
