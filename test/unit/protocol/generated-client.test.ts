import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTypescript, { type OpenAPI3 } from 'openapi-typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { commandDefinitions, commandNames } from '../../../src/protocol/commands.js';
import { openApiDocument } from '../../../src/protocol/openapi/openapi-document.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';
import { closingFields } from '../../../src/protocol/replies/reply-fields.js';

const root = join(import.meta.dirname, '..', '..', '..');
let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the OpenAPI document', () => {
  it.each(commandNames)(
    'the examples of %s – are a command without warnings and a reply as the schema has it',
    (cmd) => {
      const { example, reply } = commandDefinitions[cmd];
      const { request, response } = example;
      expect(parseCommand({ cmd, ...request }).warnings).toEqual([]);
      expect(reply.extend(closingFields).strict().parse(response)).toEqual(response);
    },
  );

  it('every operation – has a tag that is described, a refusal, and says whether it wants a key', () => {
    const { paths, tags } = openApiDocument('1.0.0');
    const described = tags.map(({ name }) => name);
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]) => (method === 'parameters' ? [] : [{ path, ...operation }])),
    );
    expect(operations.length).toBeGreaterThan(10);
    for (const { path, tags: own, security, responses } of operations) {
      expect(described, path).toContain(own[0]);
      expect(
        Object.keys(responses).some((status) => status.startsWith('4')),
        path,
      ).toBe(true);
      expect(Array.isArray(security), path).toBe(true);
    }
  });

  it('types generated from it – a client of them needs no cast, and what the API refuses is a type error', async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-client-'));
    const document: unknown = JSON.parse(JSON.stringify(openApiDocument('1.0.0')));
    writeFileSync(join(folder, 'api.d.ts'), await openapiTypescript(document as OpenAPI3)); // valid, as another test shows
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    cpSync(join(import.meta.dirname, 'generated-client', 'client.ts.txt'), join(folder, 'client.ts'));
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, '--module', 'nodenext', '--types', '', 'client.ts'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
  }, 60_000);
});
